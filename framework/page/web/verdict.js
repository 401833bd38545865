// The answer of a ranking in a sentence or two, and how far each variant is behind the first, on one axis.

// Its pair with the first variant; what is written of a pair holds whichever of the two is named first.
function pair_with_first(ranking, variant) {
  const first = ranking.rows[0].variant;
  return ranking.pairs.find((p) => (p.better === first && p.worse === variant) || (p.worse === first && p.better === variant));
}

// "unranked" where no test says anything of the two, "undecided", "equivalent", "behind", or "ahead": the rows are in the order of their means over
// their own data, and a pair is compared on the data that both have.
function standing(ranking, variant) {
  const pair = pair_with_first(ranking, variant);
  if (!pair) return "unranked";
  if (pair.undecided !== null) return "undecided";
  if (pair.negligible || pair.equivalent || pair.identical) return "equivalent";
  return pair.better === variant ? "ahead" : "behind";
}

function list_in_words(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

// Bits per dimension where there are such, as they can be compared between data sets.
function score_of(ranking, row) {
  const bits = row.values.bits_per_dim?.mean;
  if (bits !== null && bits !== undefined) return `${bits.toFixed(2)} bits/dim`;
  const value = row.values[ranking.ranked_by]?.mean;
  return value === null || value === undefined ? "" : `${value.toFixed(2)} nat`;
}

function leader_in_words(ranking) {
  const [first, ...others] = ranking.rows;
  const bounds = ranking.of === "lower bounds", score = score_of(ranking, first);
  const of = (...states) => others.filter((row) => states.includes(standing(ranking, row.variant))).map((row) => row.variant);
  const level = of("undecided", "equivalent", "ahead"), shown = score ? ` (${score})` : "";
  if (others.length === of("unranked").length) return `${first.variant} stands alone: there is nothing that it can be ranked with${shown}.`;
  if (of("ahead").length > 0) return `${list_in_words(of("ahead"))} ${of("ahead").length > 1 ? "are" : "is"} ahead of ${first.variant} on the data that both have; ${first.variant} has the highest mean${shown}.`;
  if (level.length > 0 && of("undecided").length === 0) return `${list_in_words([first.variant, ...level])} are equivalent within the margin${shown ? `; ${first.variant} is first${shown}` : ""}.`;
  if (level.length > 0) return `${list_in_words([first.variant, ...level])} cannot be told apart${shown ? `; ${first.variant} is first${shown}` : ""}.`;
  return `${first.variant} ${bounds ? "has the highest bound" : "leads"}${shown}.`;
}

// The first sentence names the leader, the others what to make of that.
function answer_in_words(ranking) {
  const behind = ranking.rows.slice(1).filter((row) => standing(ranking, row.variant) === "behind").map((row) => row.variant);
  const said = [leader_in_words(ranking)];
  if (behind.length > 0) said.push(`${list_in_words(behind)} ${behind.length > 1 ? "are" : "is"} clearly behind.`);
  const apart = ranking.rows.slice(1).filter((row) => standing(ranking, row.variant) === "unranked").map((row) => row.variant);
  if (apart.length > 0) said.push(`${list_in_words(apart)} ${apart.length > 1 ? "are" : "is"} not ranked with them.`);
  if (ranking.marks[0]?.includes("no gain")) said.push(`${ranking.rows[0].variant} itself does no better than its likelihood without latents.`);
  if (ranking.of === "lower bounds" && ranking.rows.length > 1) said.push("These are lower bounds: of log p(x) itself they prove no order.");
  else if (ranking.rows.every((row) => row.only_a_bound === null && row.values.certificate_gap)) said.push("All estimates of log p(x) are trustworthy.");
  if (ranking.rows.some((row) => row.seeds < 3)) said.push("With fewer than three seeds this holds for these trained models, not for the methods.");
  return [said[0], said.slice(1).join(" ")];
}

// [{row, behind, low, high}] in bits per dimension or nat; the first is 0 without an interval.
function distances(ranking) {
  const first = ranking.rows[0].variant;
  return ranking.rows.map((row) => {
    const pair = pair_with_first(ranking, row.variant);
    if (!pair) return { row, behind: row.variant === first ? 0 : null, low: 0, high: 0 };
    const sign = pair.better === first ? 1 : -1;
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
  const state = place === 0 ? "first" : standing(ranking, point.row.variant);
  const width = (100 * (Math.min(point.high, end) - Math.max(point.low, start))) / (end - start);
  const distance = is_placed ? `${point.behind < 0 ? "\u2212" : "+"}${Math.abs(point.behind).toFixed(unit)}` : "";
  const label = place === 0 ? score_of(ranking, point.row) : [distance, state === "behind" ? "" : state === "unranked" ? "not ranked" : state].filter(Boolean).join(", ");
  return make("div", { class: `distance ${state}` },
    make("span", { class: "name" }, point.row.variant, ranking.marks[place] ? make("small", {}, ranking.marks[place]) : null),
    make("span", { class: "track" },
      place > 0 && !is_far && is_placed ? placed("interval", at(point.low), `${width}%`) : null,
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
  const caption = `${unit} behind ${ranking.rows[0].variant}; bars are simultaneous 95 % intervals of the difference${points.some((p) => p.behind > end) ? ", an arrow is beyond the axis" : ""}`;
  return figure(ranking.of === "lower bounds" ? "How far each bound is behind the highest" : "How far each variant is behind the first", csv,
    make("div", { class: "distances", role: "img", "aria-label": caption }, points.map((point, i) => distance_row(ranking, point, i, start, end))),
    make("figcaption", {}, caption));
}
