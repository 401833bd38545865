const data = JSON.parse(document.getElementById("data").textContent);
document.title = data.experiment ? `${data.experiment} \u2013 elbo report` : "elbo report";
const finished = data.variants.flatMap((variant) => variant.runs).filter((run) => run.status === "completed").length;
const page = document.getElementById("page");
page.append(
  make("header", {}, make("h1", {}, data.experiment || "elbo report"), theme_button(),
    data.description ? make("p", { class: "question" }, data.description) : null,
    make("p", { class: "soft" }, `${data.variants.length} variant${data.variants.length === 1 ? "" : "s"}, ${finished} finished run${finished === 1 ? "" : "s"}; made ${data.made_at} by elbo ${data.elbo}`)));
for (const part of [answer_section, problems_section, compared_section, curves_section, heat_section, evaluation_section, differences_section, latents_section,
  pictures_section, explorer_section, audit_section, origin_section]) {
  const made = part(data);
  if (made) page.append(made);
}
document.documentElement.dataset.ready = "yes";
