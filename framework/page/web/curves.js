// The terms over the epochs: one line a variant, its seeds as a band from the lowest to the highest.
const shown_variants = new Set();
const curve_charts = [];

function variant_chips(data) {
  data.variants.forEach((_, i) => shown_variants.add(i));
  return make("div", { class: "chips bar", role: "group", "aria-label": "variants shown" }, data.variants.map((variant, i) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => {
      const on = !shown_variants.has(i);
      if (on) shown_variants.add(i); else shown_variants.delete(i);
      chip.setAttribute("aria-pressed", String(on));
      dispatchEvent(new Event("variants"));
    } }, variant.name);
    chip.style.setProperty("--colour", colour_of(i));
    return chip;
  }));
}

// [{epoch, mean, low, high}] over the seeds that have the epoch.
function band(variant, pass, term) {
  const at = new Map();
  for (const run of variant.runs) {
    const { epoch, [term]: values } = run[pass] ?? {};
    if (!epoch || !values) continue;
    epoch.forEach((e, i) => { if (values[i] !== null) at.set(e, [...(at.get(e) ?? []), values[i]]); });
  }
  const most = Math.max(0, ...[...at.values()].map((values) => values.length));
  // Where runs were thinned at other epochs, or ended at another, only whole bands are drawn.
  return [...at].filter(([, values]) => values.length === most).sort((a, b) => a[0] - b[0]).map(([epoch, values]) => ({
    epoch, mean: values.reduce((sum, v) => sum + v, 0) / values.length, low: Math.min(...values), high: Math.max(...values), seeds: values.length }));
}

function lines_of(data, pass, term) {
  return data.variants.flatMap((variant, i) => {
    const points = band(variant, pass, term);
    const line = { borderColor: colour_of(i), backgroundColor: colour_of(i, 0.18), borderWidth: 2, pointRadius: points.length < 2 ? 3 : 0, pointHitRadius: 8, variant: i };
    const lines = [{ ...line, label: variant.name, data: points.map((p) => ({ x: p.epoch, y: p.mean, p })) }];
    if (!points.some((p) => p.seeds > 1)) return lines;
    const edge = (name) => points.map((p) => ({ x: p.epoch, y: p[name] }));
    return [...lines, { ...line, borderWidth: 0, pointHitRadius: 0, label: "", data: edge("low") },
      { ...line, borderWidth: 0, pointHitRadius: 0, label: "", data: edge("high"), fill: "-1" }];
  });
}

function curve_figure(data, pass, term) {
  const { label, unit, long_name } = data.terms[term];
  const canvas = make("canvas", { role: "img", "aria-label": `${term} of the ${pass} data over the epochs` });
  const plot = make("div", { class: "plot" }, canvas);
  const rows = () => [["variant", "epoch", "mean", "lowest seed", "highest seed", "seeds"], data.variants.flatMap((variant) =>
    band(variant, pass, term).map((p) => [variant.name, p.epoch, p.mean, p.low, p.high, p.seeds]))];
  when_seen(plot, () => {
    const datasets = lines_of(data, pass, term).map((line) => ({ ...line, hidden: !shown_variants.has(line.variant) }));
    const chart = draw_chart(canvas, { type: "line", data: { datasets }, options: {
      // All variants at the epoch that is nearest: the single nearest point is often of a band's edge, of which there is nothing to tell.
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: { x: axis("epoch"), y: axis(unit ? `${term} [${unit}]` : term) },
      plugins: { tooltip: { filter: (item) => item.raw.p !== undefined, callbacks: {
        title: (items) => (items[0] ? `epoch ${items[0].raw.x}` : ""),
        label: ({ dataset, raw: { p } }) => `${dataset.label}: ${p.mean.toPrecision(6)}`
          + (p.seeds > 1 ? ` (${p.seeds} seeds: ${p.low.toPrecision(6)} to ${p.high.toPrecision(6)})` : "") } } },
    } });
    curve_charts.push(chart);
  });
  return figure(label === term && unit ? long_name : label, csv_button(`${pass}_${term}`, rows), plot);
}

addEventListener("variants", () => curve_charts.forEach((chart) => {
  chart.data.datasets.forEach((line, i) => chart.setDatasetVisibility(i, shown_variants.has(line.variant)));
  chart.update("none");
}));

function curves_section(data) {
  const terms_of = (pass) => [...new Set(data.variants.flatMap((v) => v.runs.flatMap((run) => Object.keys(run[pass] ?? {}))))].filter((t) => t !== "epoch");
  const changes = (pass, term) => new Set(data.variants.flatMap((v) => v.runs.flatMap((run) => run[pass]?.[term] ?? []))).size > 1;
  const charts_of = (pass, terms) => make("div", { class: "charts" }, terms.map((term) => curve_figure(data, pass, term)));
  const main = data.main_terms, test = terms_of("test"), train = terms_of("train").filter((term) => changes("train", term));
  if (test.length + train.length === 0) return null;
  const rest = train.filter((term) => !main.includes(term));
  return section("Training", variant_chips(data),
    make("p", { class: "soft" }, "Line: mean over the seeds; band: from the lowest to the highest seed."),
    make("h3", {}, "Test data"), charts_of("test", main.filter((term) => test.includes(term))),
    make("h3", {}, "Training data"), charts_of("train", main.filter((term) => train.includes(term))),
    rest.length ? make("details", {}, make("summary", {}, `${rest.length} more: ${rest.join(", ")}`), charts_of("train", rest)) : null);
}
