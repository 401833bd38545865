// What elbo evaluate has measured of the runs: a table for each metric and measure, and a curve for each that is measured at several values of a coordinate.
function metrics_of(data) {
  const groups = new Map();
  for (const [place, variant] of data.variants.entries())
    for (const { seed, metrics } of variant.evaluations ?? [])
      for (const metric of metrics) {
        const key = `${metric.metric}: ${metric.measure ?? ""}`;
        if (!groups.has(key)) groups.set(key, { metric: metric.metric, about: metric.long_name, measure: metric.measure, runs: [] });
        groups.get(key).runs.push({ place, name: `${variant.name}, seed ${seed}`, rows: metric.rows ?? {}, values: metric.values, only_a_bound: metric.only_a_bound });
      }
  return [...groups.values()];
}

function columns_of_metric(group) {
  const columns = new Map();
  for (const run of group.runs) {
    for (const [name, row] of Object.entries(run.rows)) columns.set(name, row);
    for (const value of run.values) columns.set(value.name, value);
  }
  return [...columns].map(([name, { unit, better }]) => ({ name, unit: unit === "1" ? "" : unit, better }));
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

// The first number that is measured at each value of the coordinate, as the bound for each K.
function coordinate_figure(group) {
  const [at, of] = Object.keys(group.runs.find((run) => has_curve(run)).rows), runs = group.runs.filter((run) => run.rows[at] && run.rows[of]);
  const { unit } = runs[0].rows[of], steps = runs.flatMap((run) => run.rows[at].values);
  const canvas = make("canvas", { role: "img", "aria-label": `${of} over ${at}` });
  const plot = make("div", { class: "plot" }, canvas);
  const points = (run) => run.rows[at].values.map((x, i) => ({ x, y: run.rows[of].values[i] }));
  const datasets = runs.map((run) => ({ label: run.name, borderColor: colour_of(run.place), backgroundColor: colour_of(run.place), borderWidth: 2, pointRadius: 3, data: points(run) }));
  const scale = Math.min(...steps) > 0 && Math.max(...steps) >= 10 * Math.min(...steps) ? { type: "logarithmic" } : {};
  when_seen(plot, () => draw_chart(canvas, { type: "line", data: { datasets }, options: {
    interaction: { mode: "nearest", intersect: false }, scales: { x: axis(runs[0].rows[at].long_name, scale), y: axis(`${runs[0].rows[of].long_name} [${unit}]`) },
    plugins: { tooltip: { callbacks: { title: (items) => items[0].dataset.label, label: ({ raw }) => `${at} = ${raw.x}: ${raw.y.toFixed(3)} ${unit}` } } } } }));
  const rows = () => [["run", at, `${of} [${unit}]`], runs.flatMap((run) => points(run).map(({ x, y }) => [run.name, x, y]))];
  return figure(`${of} over ${at}`, csv_button(group.metric, rows), plot);
}

// Whether its rows are along numbers, and not along names of columns.
function has_curve(run) {
  const [first, second] = Object.values(run.rows);
  return second !== undefined && first.values.length > 1 && typeof first.values[0] === "number";
}

function evaluation_section(data) {
  const groups = metrics_of(data);
  if (groups.length === 0) return null;
  return section("Measured after training", ...groups.flatMap((group) => {
    const columns = columns_of_metric(group), rows = rows_of_metric(group, columns);
    return [make("h3", {}, group.metric), make("p", { class: "soft" }, group.about + (group.measure ? `; measure: ${group.measure}` : "")),
      sortable("", [{ name: "run", text: true }, ...columns], rows.map((cells) => ({ cells: cells.map(measured_cell) }))),
      ...group.runs.filter((run) => run.only_a_bound).map((run) => make("p", {}, `${run.name}: log_px is only a lower bound on log p(x): ${run.only_a_bound}`)),
      group.runs.some((run) => has_curve(run)) ? coordinate_figure(group) : null].filter(Boolean);
  }));
}
