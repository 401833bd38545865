// Where the encoder puts the test data, coloured by class where there are classes.
function latents_section(data) {
  const with_latents = data.variants.filter((variant) => variant.detail?.latents);
  if (with_latents.length === 0) return null;
  const canvas = make("canvas", { role: "img", "aria-label": "means of q(z|x) of test data" });
  const plot = make("div", { class: "plot" }, canvas), legend = make("div", { class: "chips" }), told = make("p", { class: "soft" });
  plot.style.height = "26rem";
  let variant = with_latents[0], x = 0, y = 1, chart;
  const axes = make("span", { class: "tools" });
  const classes_of = (latents) => (latents.label ? [...new Set(latents.label)].sort((a, b) => a - b) : [null]);

  function show() {
    const { latents } = variant.detail, classes = classes_of(latents);
    const row = (i) => latents.mean[i] ?? latents.mean[0].map(() => 0);
    const [across, up] = [row(x), row(y)];
    chart.data.datasets = classes.map((label, c) => ({
      label: label === null ? "test data" : String(label), backgroundColor: colour_of(c, 0.7), pointRadius: 2.5,
      data: across.flatMap((value, i) => (label === null || latents.label[i] === label ? [{ x: value, y: up[i] }] : [])) }));
    chart.options.scales.x.title.text = `z ${latents.latent[x]}`;
    chart.options.scales.y.title.text = latents.mean.length > 1 ? `z ${latents.latent[y]}` : "";
    paint(chart);
    chart.update("none");
    legend.replaceChildren(...(classes.length > 1 ? classes : []).map((label, c) => {
      const chip = make("span", { class: "chip" }, String(label));
      chip.style.setProperty("--colour", colour_of(c));
      return chip;
    }));
    const cut = latents.of > latents.mean.length ? ` The ${latents.mean.length} of ${latents.of} dimensions in which they vary most.` : "";
    told.textContent = `E[z|x] of ${across.length} test data after ${latents.epoch} epochs, seed ${variant.detail.seed}.${cut}`;
  }

  function offer_axes() {
    const names = variant.detail.latents.latent.map((l) => `z ${l}`);
    x = 0; y = Math.min(1, names.length - 1);
    axes.replaceChildren(...(names.length > 2 ? [choice("to the right", names, x, (i) => { x = i; show(); }), choice("upwards", names, y, (i) => { y = i; show(); })] : []));
  }

  const variants = choice("variant", with_latents.map((v) => v.name), 0, (i) => { draw_now(plot); variant = with_latents[i]; offer_axes(); show(); });
  offer_axes();
  when_seen(plot, () => {
    chart = draw_chart(canvas, { type: "scatter", data: { datasets: [] }, options: { scales: { x: axis("z"), y: axis("z") },
      plugins: { tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${item.raw.x}, ${item.raw.y}` } } } } });
    show();
  });
  const rows = () => { const { latents } = variant.detail; return [[...latents.latent.map((l) => `z ${l}`), "class"],
    latents.mean[0].map((_, i) => [...latents.mean.map((row) => row[i]), latents.label?.[i] ?? null])]; };
  return section("Latents", make("div", { class: "tools" }, variants, axes), legend, figure("means of q(z|x)", csv_button("latents", rows), plot, told));
}
