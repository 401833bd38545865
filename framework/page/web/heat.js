// KL of each latent dimension over the epochs: dark is none, bright is much (Viridis, by a few of its colours).
const viridis = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
function heat_colour(share) {
  const at = Math.min(1, Math.max(0, share)) * (viridis.length - 1), i = Math.min(viridis.length - 2, Math.floor(at));
  return viridis[i].map((low, c) => Math.round(low + (at - i) * (viridis[i + 1][c] - low)));
}

function heat_figure(variant, heat, most) {
  const canvas = make("canvas", { class: "heat", role: "img", width: heat.epoch.length, height: heat.latent.length,
    "aria-label": `KL of each latent dimension of ${variant.name} over the epochs` });
  canvas.style.height = `${Math.max(6, Math.min(20, 0.9 * heat.latent.length))}rem`;
  const told = make("p", { class: "soft" }, "\u00a0");
  when_seen(canvas, () => {
    const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
    heat.nats.forEach((row, y) => row.forEach((kl, x) => {
      image.data.set([...(kl === null ? [128, 128, 128] : heat_colour(Math.sqrt(kl / most))), 255], 4 * (y * canvas.width + x));
    }));
    context.putImageData(image, 0, 0);
  });
  canvas.addEventListener("pointermove", (event) => {
    const x = Math.min(canvas.width - 1, Math.floor(event.offsetX / canvas.clientWidth * canvas.width));
    const y = Math.min(canvas.height - 1, Math.floor(event.offsetY / canvas.clientHeight * canvas.height));
    told.textContent = `dimension ${heat.latent[y]}, epoch ${heat.epoch[x]}: ${number(heat.nats[y][x], 3)} nat`;
  });
  const rows = () => [["latent", "epoch", "kl [nat]"], heat.latent.flatMap((l, y) => heat.epoch.map((e, x) => [l, e, heat.nats[y][x]]))];
  const cut = heat.of > heat.latent.length ? `; the ${heat.latent.length} largest of ${heat.of}` : "";
  return figure(variant.name, csv_button("kl_per_dim", rows), canvas, told,
    make("figcaption", {}, `epochs ${heat.epoch[0]} to ${heat.epoch.at(-1)} to the right, largest KL at the end first${cut}; seed ${variant.detail.seed}`));
}

function heat_section(data) {
  const with_heat = data.variants.filter((variant) => variant.detail?.kl_per_dim);
  if (with_heat.length === 0) return null;
  const most = Math.max(1e-9, ...with_heat.flatMap((variant) => variant.detail.kl_per_dim.nats.flat()));
  return section("KL of each latent dimension", make("p", { class: "soft" },
    `Test data. Dark is 0 nat: the dimension says nothing; bright is ${most.toFixed(2)} nat (square-root scale, the same for all).`),
  make("div", { class: "charts" }, with_heat.map((variant) => heat_figure(variant, variant.detail.kl_per_dim, most))));
}
