// Sheets of small images.
const sheet_words = {
  reconstructions: "every second image is a test image, the one after it what the model makes of it",
  samples: "means of p(x|z) for z from the prior",
  traversals: "a row is a latent dimension, the most active first, from \u22123 to 3; the others as in the code of the first test image",
  manifold: "z1 to the right, z2 upwards, at equal steps of probability",
};

function pictures_section(data) {
  const with_pictures = data.variants.filter((variant) => Object.keys(variant.detail?.pictures ?? {}).length > 0);
  if (with_pictures.length === 0) return null;
  const kinds = Object.keys(sheet_words).filter((kind) => with_pictures.some((variant) => variant.detail.pictures[kind]));
  const place = make("div", { class: "charts" }), words = make("p", { class: "soft" });
  const show = (kind) => {
    words.textContent = `${kind}: ${sheet_words[kind]}.`;
    place.replaceChildren(...with_pictures.filter((variant) => variant.detail.pictures[kind]).map((variant) => {
      const picture = variant.detail.pictures[kind];
      return figure(variant.name, null,
        make("img", { class: "sheet", src: picture.png, alt: `${kind} of ${variant.name}`, width: picture.width, height: picture.height, loading: "lazy" }),
        make("figcaption", {}, `${kind} after ${picture.epoch} epochs, seed ${variant.detail.seed}`));
    }));
  };
  show(kinds[0]);
  return section("Pictures", make("div", { class: "tools" }, choice("kind of picture", kinds, 0, (i) => show(kinds[i]))), words, place);
}
