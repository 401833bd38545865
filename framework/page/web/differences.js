// How the difference of two variants is spread over the test data.
function differences_section(data) {
  const all = data.comparison.rankings.flatMap((ranking) => ranking.histograms);
  if (all.length === 0) return null;
  const canvas = make("canvas", { role: "img", "aria-label": "differences of single test data" });
  const plot = make("div", { class: "plot" }, canvas), told = make("p", { class: "soft" });
  let chosen = 0, chart;
  const middles = (h) => h.counts.map((_, i) => h.low + (i + 0.5) * h.step);
  const show = (i) => {
    const h = all[chosen = i], favour = middles(h).map((x) => x > 0);
    told.textContent = `${h.a} is better right of 0, ${h.b} left of it; one test data point each` +
      (h.below + h.above > 0 ? `; ${h.below} further left and ${h.above} further right are not drawn` : "") + ".";
    chart.data.datasets = [{ data: h.counts.map((y, k) => ({ x: middles(h)[k], y })), barPercentage: 1, categoryPercentage: 1,
      backgroundColor: favour.map((a) => (a ? colour_of(0) : colour_of(1))) }];
    chart.update("none");
  };
  when_seen(plot, () => {
    chart = draw_chart(canvas, { type: "bar", data: { datasets: [] }, options: {
      scales: { x: axis("difference of one test data point [nat]", { offset: false }), y: axis("test data") },
      plugins: { tooltip: { callbacks: { title: (items) => `${items[0].raw.x.toPrecision(4)} nat`, label: (item) => `${item.raw.y} test data` } } } } });
    show(0);
  });
  const pairs = choice("pair", all.map((h) => `${h.a} \u2212 ${h.b}`), 0, (i) => { draw_now(plot); show(i); });
  const rows = () => [["from [nat]", "to [nat]", "test data"], all[chosen].counts.map((n, i) => [all[chosen].low + i * all[chosen].step, all[chosen].low + (i + 1) * all[chosen].step, n])];
  return section("Differences of single test data", make("div", { class: "tools" }, pairs),
    figure(all[0].value, csv_button("difference_histogram", rows), plot, told));
}
