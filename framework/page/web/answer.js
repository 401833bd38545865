// The ranking in words first, then its table; then what may not be ranked, and what is missing.
function estimate_cell(estimate, digits) {
  if (!estimate || estimate.mean === null) return null;
  const spread = !estimate.sd ? "" : ` \u00b1 ${number(estimate.sd, digits)}`;
  return { value: estimate.mean, shown: number(estimate.mean, digits) + spread };
}

// Columns, heading and marks are those of `elbo compare`, from the same code.
function results_table(rows, columns, marks, seeds) {
  const heads = [{ name: "variant", text: true }, ...(marks.length ? [{ name: "verdict", text: true }] : []), { name: "likelihood", text: true }, { name: "seeds" },
    ...columns.map(({ name, unit, better }) => ({ name, unit, better }))];
  return sortable("", heads, rows.map((row, i) => ({
    best: /^(best|highest)/.test(marks[i] ?? ""),
    cells: [row.variant + (row.converted ? (row.converted_to_bound ? " (converted, bound)" : " (converted, exact)") : ""),
      ...(marks.length ? [marks[i]] : []), row.likelihood, seeds.length ? { value: row.seeds, shown: seeds[i] } : row.seeds,
      ...columns.map(({ value, decimals }) => estimate_cell(row.values[value], decimals))],
  })));
}

function opened_by_hand(title, ...children) {
  const shown = children.flat().filter((child) => child !== null);
  return shown.length === 0 ? null : make("details", {}, make("summary", {}, title), ...shown);
}

function ranking_block(ranking, place, of) {
  const said = ranking.verdicts.map((text) => make("p", { class: / are (undecided|equivalent|identical)/.test(text) ? "undecided" : "" }, text));
  const { lead, rest, claim } = ranking.answer, notes = ranking.notes.map((note) => make("li", {}, note));
  return [
    of > 1 ? make("h3", {}, `Table ${place + 1}: ${ranking.measure}`) : null,
    make("div", { class: "answer" }, make("p", { class: "lead" }, lead), rest ? make("p", {}, rest) : null),
    distance_plot(ranking),
    opened_by_hand("All numbers", make("p", { class: "soft" }, `measure: ${ranking.measure}`),
      make("p", { class: "soft" }, ranking.caption),  // not in the table, which may be wider than the screen
      results_table(ranking.rows, ranking.columns, ranking.marks, ranking.seed_counts)),
    claim ? opened_by_hand("How sure is this?", make("p", {}, claim), said) : null,
    notes.length > 0 ? opened_by_hand(notes.length > 1 ? `${notes.length} things to know` : "One thing to know", make("ul", {}, notes)) : null,
  ];
}

function answer_section(data) {
  const { rankings, apart, not_bounds, not_bounds_columns, not_ranked, below_exact, plugins, notes } = data.comparison;
  const parts = rankings.flatMap((ranking, i) => ranking_block(ranking, i, rankings.length));
  if (rankings.length === 0) parts.push(make("p", { class: "answer" }, "No run has finished: there is nothing to rank yet."));
  if (apart.length > 0) parts.push(make("div", { class: "answer", id: "refused" },
    make("p", {}, "Numbers of different measures cannot be compared: each table stands for itself."),
    apart.map((one) => make("p", {}, `tables ${one.tables[0] + 1} and ${one.tables[1] + 1}: ${one.rule}: ${one.words}`))));
  if (not_bounds.length > 0) parts.push(make("h3", {}, "Not a bound: not ranked (R9)"), results_table(not_bounds, not_bounds_columns, [], []));
  if (not_ranked.length > 0) parts.push(make("h3", {}, "Not ranked"), make("div", { class: "answer wrong", id: "not-ranked" },
    make("p", {}, "The numbers of these runs cannot be what they are called:"),
    not_ranked.map((run) => make("p", {}, `${run.variant}, seed ${run.seed}: ${run.rule}: ${run.words}`))));
  if (below_exact) parts.push(make("p", {}, "No bound lies above the exact log p(x) by more than three standard errors."));
  parts.push(...[...plugins, ...notes].map((note) => make("p", { class: "soft" }, note)));
  return section("Answer", ...parts);
}

function problems_section(data) {
  if (data.problems.length === 0) return null;
  return section("Not in the ranking", sortable("", [{ name: "run or file", text: true }, { name: "state", text: true }, { name: "why", text: true }],
    data.problems.map((p) => ({ cells: [p.what, make("span", { class: `state-${p.state.split(" ")[0]}` }, p.state), p.why].map((cell) =>
      cell instanceof Node ? { value: cell.textContent, shown: cell } : cell) }))));
}

function compared_section(data) {
  const { settings, rows } = data.settings_diff;
  if (rows.length === 0) return null;
  if (settings.length === 0) return section("What was compared", make("p", {}, rows.length > 1 ? "The variants differ in nothing that is set." : `One variant: ${rows[0].variant}.`));
  const shown = (value) => (value === null ? null : typeof value === "string" ? value : JSON.stringify(value));
  return section("What was compared", make("p", { class: "soft" }, "Only settings in which the variants differ; the whole plan of each is in its log."),
    sortable("", [{ name: "variant", text: true }, ...settings.map((name) => ({ name, text: true }))],
      rows.map((row) => ({ cells: [row.variant, ...row.values.map(shown)] }))));
}
