// How far each variant is behind the leader, on one axis. Words and standings are those of `elbo compare`, from the same code; here they are drawn.

// Its pair with the leader; what is written of a pair holds whichever of the two is named first.
function pair_with_leader(ranking, variant) {
  const { leader } = ranking;
  return ranking.pairs.find((p) => (p.better === leader && p.worse === variant) || (p.worse === leader && p.better === variant));
}

// Bits per dimension where there are such, as they can be compared between data sets.
function score_of(ranking, row) {
  const bits = row.values.bits_per_dim?.mean;
  if (bits !== null && bits !== undefined) return `${bits.toFixed(2)} bits/dim`;
  const value = row.values[ranking.ranked_by]?.mean;
  return value === null || value === undefined ? "" : `${value.toFixed(2)} nat`;
}

// [{row, behind, low, high}] in bits per dimension or nat; the leader is 0 without an interval.
function distances(ranking) {
  const { leader } = ranking;
  return ranking.rows.map((row) => {
    const pair = pair_with_leader(ranking, row.variant);
    if (!pair) return { row, behind: row.variant === leader ? 0 : null, low: 0, high: 0 };
    const sign = pair.better === leader ? 1 : -1;
    const unit = ranking.rows[0].values.bits_per_dim && pair.difference.mean ? Math.abs(pair.bits_per_dim / pair.difference.mean) : 1;
    const ends = [pair.simultaneous.low, pair.simultaneous.high].map((end) => sign * unit * end).sort((a, b) => a - b);
    return { row, behind: sign * unit * pair.difference.mean, low: ends[0], high: ends[1] };
  });
}

// One variant far behind, or with a wide interval, would press all others together: it is drawn to the edge.
function end_of_axis(ends) {
  const sorted = ends.filter((end) => end > 0).sort((a, b) => b - a);
  if (sorted.length === 0) return 0;
  return sorted.length > 1 && sorted[0] > 4 * sorted[1] ? 1.25 * sorted[1] : 1.05 * sorted[0];
}

// By its properties: the page's policy allows no style in attributes.
function placed(name, left, width) {
  const mark = make("i", { class: name });
  mark.style.left = left;
  if (width) mark.style.width = width;
  return mark;
}

function distance_row(ranking, point, place, start, end) {
  const at = (value) => `${(100 * (Math.min(Math.max(value, start), end) - start)) / (end - start)}%`;
  const is_far = point.behind > end, is_placed = point.behind !== null, unit = ranking.rows[0].values.bits_per_dim ? 3 : 2;
  const state = ranking.standings[place], is_leader = state === "leader";
  const width = (100 * (Math.min(point.high, end) - Math.max(point.low, start))) / (end - start);
  const distance = is_placed ? `${point.behind < 0 ? "\u2212" : "+"}${Math.abs(point.behind).toFixed(unit)}` : "";
  const label = is_leader ? score_of(ranking, point.row) : [distance, state === "behind" ? "" : state].filter(Boolean).join(", ");
  return make("div", { class: `distance ${state}` },
    make("span", { class: "name" }, point.row.variant, ranking.marks[place] ? make("small", {}, ranking.marks[place]) : null),
    make("span", { class: "track" },
      !is_leader && !is_far && is_placed ? placed("interval", at(point.low), `${width}%`) : null,
      is_placed ? placed(is_far ? "arrow" : "dot", at(point.behind)) : null),
    make("span", { class: "value" }, label));
}

function distance_plot(ranking) {
  if (ranking.rows.length < 2 || ranking.pairs.length === 0) return null;
  const points = distances(ranking), end = end_of_axis(points.map((point) => point.high)), start = -end_of_axis(points.map((point) => -point.low));
  if (!(end > start)) return null;
  const unit = ranking.rows[0].values.bits_per_dim ? "bits/dim" : "nat";
  const csv = csv_button("differences", () => [["better", "worse", "nat", "low", "high", "simultaneous low", "simultaneous high", "se", "df", "variance of seeds", "variance of test data",
      "p", "Holm p", "equivalence p", "of", "basis", "undecided"],
    ranking.pairs.map((p) => [p.better, p.worse, p.difference.mean, p.difference.low, p.difference.high, p.simultaneous.low, p.simultaneous.high,
      p.difference.standard_error, p.difference.degrees_of_freedom, p.error.seeds ?? "", p.error.images, p.difference.p, p.adjusted_p, p.equivalence_p,
      p.about, p.basis, p.undecided ?? ""])]);
  const caption = `${unit} behind ${ranking.leader}; bars are simultaneous 95 % intervals of the difference${points.some((p) => p.behind > end) ? ", an arrow is beyond the axis" : ""}`;
  return figure(ranking.of === "lower bounds" ? "How far each bound is behind the highest" : "How far each variant is behind the leader", csv,
    make("div", { class: "distances", role: "img", "aria-label": caption }, points.map((point, i) => distance_row(ranking, point, i, start, end))),
    make("figcaption", {}, caption));
}
