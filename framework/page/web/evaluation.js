// What elbo evaluate has measured of the runs: a table for each metric and measure, and the bounds over K.
function metrics_of(data) {
  const groups = new Map();
  for (const [place, variant] of data.variants.entries())
    for (const { seed, metrics } of variant.evaluations ?? [])
      for (const metric of metrics) {
        const key = `${metric.metric}: ${metric.measure ?? ""}`;
        if (!groups.has(key)) groups.set(key, { metric: metric.metric, about: metric.long_name, measure: metric.measure, runs: [] });
        groups.get(key).runs.push({ place, name: `${variant.name}, seed ${seed}`, rows: metric.rows ?? {}, values: metric.values });
      }
  return [...groups.values()];
}

function columns_of_metric(group) {
  const units = new Map();
  for (const run of group.runs) {
    for (const [name, row] of Object.entries(run.rows)) units.set(name, row.unit);
    for (const value of run.values) units.set(value.name, value.unit);
  }
  return [...units].map(([name, unit]) => ({ name, unit: unit === "1" ? "" : unit }));
}

// One row a run, or one for each value of its coordinate.
function rows_of_metric(group, columns) {
  return group.runs.flatMap((run) => {
    const [first] = Object.values(run.rows);
    return [...Array(first ? first.values.length : 1).keys()].map((i) => [run.name, ...columns.map(({ name }) =>
      run.rows[name]?.values[i] ?? run.values.find((value) => value.name === name)?.value ?? null)]);
  });
}

function measured_cell(value) {
  if (typeof value !== "number") return value;
  return { value, shown: Number.isInteger(value) ? String(value) : Math.abs(value) < 1e-3 ? value.toPrecision(2) : value.toFixed(4) };
}

function bounds_figure(group) {
  const canvas = make("canvas", { role: "img", "aria-label": "importance-weighted bounds over the number of samples" });
  const plot = make("div", { class: "plot" }, canvas);
  const datasets = group.runs.map((run) => ({ label: run.name, borderColor: colour_of(run.place), backgroundColor: colour_of(run.place), borderWidth: 2, pointRadius: 3,
    data: run.rows.k.values.map((k, i) => ({ x: k, y: run.rows.log_px.values[i] })) }));
  when_seen(plot, () => draw_chart(canvas, { type: "line", data: { datasets }, options: {
    interaction: { mode: "nearest", intersect: false }, scales: { x: axis("importance samples K", { type: "logarithmic" }), y: axis("log p(x), lower bound [nat]") },
    plugins: { tooltip: { callbacks: { title: (items) => items[0].dataset.label, label: ({ raw }) => `K = ${raw.x}: ${raw.y.toFixed(3)} nat` } } } } }));
  const rows = () => [["run", "K", "log p(x) [nat]"], group.runs.flatMap((run) => run.rows.k.values.map((k, i) => [run.name, k, run.rows.log_px.values[i]]))];
  return figure("bounds over K", csv_button("bounds", rows), plot);
}

function evaluation_section(data) {
  const groups = metrics_of(data);
  if (groups.length === 0) return null;
  return section("Measured after training", ...groups.flatMap((group) => {
    const columns = columns_of_metric(group), rows = rows_of_metric(group, columns);
    return [make("h3", {}, group.metric), make("p", { class: "soft" }, group.about + (group.measure ? `; measure: ${group.measure}` : "")),
      sortable("", [{ name: "run", text: true }, ...columns], rows.map((cells) => ({ cells: cells.map(measured_cell) }))),
      group.runs.some((run) => run.rows.k?.values.length > 1) ? bounds_figure(group) : null].filter(Boolean);
  }));
}
