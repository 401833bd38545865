// The decoder, computed here from the weights that the log holds: drag a point, see the image.
const activations = {
  tanh: Math.tanh, relu: (x) => Math.max(0, x), identity: (x) => x, softplus: (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
  elu: (x) => (x > 0 ? x : Math.expm1(x)), silu: (x) => x / (1 + Math.exp(-x)), leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
};

function unpacked(decoder) {
  return { ...decoder, layers: decoder.layers.map((layer) => ({ ...layer, weight: floats(layer.weight), bias: floats(layer.bias) })),
    raw: floats(decoder.raw), mean: floats(decoder.mean), check_z: floats(decoder.check_z), check_mean: floats(decoder.check_mean) };
}

// z [L] -> the mean of p(x|z) of each value
function decode(decoder, z) {
  let h = Float64Array.from(z);
  decoder.layers.forEach((layer, l) => {
    const out = new Float64Array(layer.out), activation = l + 1 < decoder.layers.length ? activations[decoder.activation] : activations.identity;
    for (let o = 0; o < layer.out; ++o) {
      let sum = layer.bias[o];
      for (let i = 0; i < layer.in; ++i) sum += layer.weight[o * layer.in + i] * h[i];
      out[o] = activation(sum);
    }
    h = out;
  });
  const [height, width, channels] = decoder.image, first = decoder.first, low = decoder.raw[0];
  const step = (decoder.raw.at(-1) - low) / (decoder.raw.length - 1);
  return h.subarray(first, first + height * width * channels).map((raw) => {
    const at = Math.min(decoder.raw.length - 2, Math.max(0, Math.floor((raw - low) / step)));
    return decoder.mean[at] + ((raw - low) / step - at) * (decoder.mean[at + 1] - decoder.mean[at]);
  });
}

// The largest difference, as a share of the range shown, to what the trained decoder itself gave for some codes.
function error_of(decoder) {
  const latents = decoder.layers[0].in, values = decoder.image.reduce((a, b) => a * b), points = decoder.check_z.length / latents;
  let worst = 0;
  for (let n = 0; n < points; ++n) decode(decoder, decoder.check_z.subarray(n * latents, (n + 1) * latents)).forEach((mean, i) => {
    worst = Math.max(worst, Math.abs(mean - decoder.check_mean[n * values + i]) / (decoder.white - decoder.black));
  });
  return worst;
}

function show_image(canvas, decoder, means) {
  const [height, width, channels] = decoder.image, size = height * width;
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let i = 0; i < size; ++i) for (let c = 0; c < 3; ++c) {
    const mean = means[(channels === 3 ? c : 0) * size + i];
    image.data[4 * i + c] = Math.round(255 * Math.min(1, Math.max(0, (mean - decoder.black) / (decoder.white - decoder.black))));
  }
  for (let i = 0; i < size; ++i) image.data[4 * i + 3] = 255;
  context.putImageData(image, 0, 0);
}

function draw_pad(pad, z, [x, y], reach, cloud) {
  const side = pad.width = pad.height = 440, context = pad.getContext("2d"), to = (v) => side * (v + reach) / (2 * reach);
  context.fillStyle = ink("--soft");
  context.globalAlpha = 0.35;
  for (const [a, b] of cloud) context.fillRect(to(a) - 1.5, side - to(b) - 1.5, 3, 3);
  context.globalAlpha = 1;
  context.strokeStyle = ink("--line");
  context.beginPath(); context.moveTo(to(0), 0); context.lineTo(to(0), side); context.moveTo(0, to(0)); context.lineTo(side, to(0)); context.stroke();
  context.fillStyle = ink("--accent");
  context.beginPath(); context.arc(to(z[x]), side - to(z[y] ?? 0), 9, 0, 7); context.fill();
}

function explorer_section(data) {
  const able = data.variants.filter((variant) => variant.detail?.decoder);
  if (able.length === 0) return null;
  const reach = 3.5, pad = make("canvas", { class: "pad", tabindex: 0, role: "application", "aria-label": "latent plane: drag the point, or use the arrow keys" });
  const canvas = make("canvas", { class: "pixels", id: "decoded", role: "img", "aria-label": "decoded image" });
  const sliders = make("div", { class: "sliders" }), told = make("p", { class: "soft", id: "explorer-error" });
  let decoder, latents, z, shown_axes = [0, 1];
  const redraw = () => {
    const rows = shown_axes.map((l) => latents?.mean[latents.latent.indexOf(l)]);
    draw_pad(pad, z, shown_axes, reach, rows[0] && rows[1] ? rows[0].map((a, i) => [a, rows[1][i]]) : []);
    show_image(canvas, decoder, decode(decoder, z));
    sliders.querySelectorAll("input").forEach((input) => { input.value = z[input.dataset.latent]; input.nextSibling.textContent = z[input.dataset.latent].toFixed(2); });
  };
  const slider = (l) => make("label", {}, `z ${l}`, make("input", { type: "range", min: -reach, max: reach, step: 0.01, "data-latent": l,
    oninput: (event) => { z[l] = Number(event.target.value); redraw(); } }), make("output", {}));
  const take = (variant) => {
    decoder = unpacked(variant.detail.decoder);
    ({ latents } = variant.detail);
    const size = decoder.layers[0].in, order = latents?.latent ?? [...Array(size).keys()];
    z = new Float64Array(size);
    shown_axes = [order[0], order[1] ?? (size > 1 ? 1 : undefined)];
    [canvas.height, canvas.width] = decoder.image;
    const first = [...order, ...[...Array(size).keys()].filter((l) => !order.includes(l))];
    sliders.replaceChildren(...first.slice(0, 12).map(slider));
    told.textContent = `${variant.name}, seed ${variant.detail.seed}: plane of z ${shown_axes.filter((a) => a !== undefined).join(" and z ")}` +
      `${size > 12 ? `; sliders of 12 of ${size} dimensions` : ""}. Computed here in the page; it differs from the trained decoder by ${error_of(decoder).toExponential(1)} of the range at most, on the codes that the log keeps for this.`;
    redraw();
  };
  const move = (event) => {
    const box = pad.getBoundingClientRect(), limit = (v) => Math.max(-reach, Math.min(reach, v));
    z[shown_axes[0]] = limit(reach * (2 * (event.clientX - box.left) / box.width - 1));
    if (shown_axes[1] !== undefined) z[shown_axes[1]] = limit(reach * (1 - 2 * (event.clientY - box.top) / box.height));
    redraw();
  };
  pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); move(event); });
  pad.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
  pad.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -0.1], ArrowRight: [0, 0.1], ArrowDown: [1, -0.1], ArrowUp: [1, 0.1] }[event.key];
    if (!step || shown_axes[step[0]] === undefined) return;
    event.preventDefault();
    z[shown_axes[step[0]]] += step[1];
    redraw();
  });
  addEventListener("theme", () => { if (decoder) redraw(); });
  const block = make("div", { class: "explorer" }, pad, canvas, sliders);
  when_seen(block, () => take(able[0]));
  const part = section("Latent explorer", make("div", { class: "tools" }, choice("variant", able.map((v) => v.name), 0, (i) => { draw_now(block); take(able[i]); })), block, told);
  part.classList.add("explorer-section");
  return part;
}
