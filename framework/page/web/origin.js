// What the data are, where the numbers come from, and how to get them again.
function facts(pairs) { return make("dl", {}, pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])); }

function audit_section(data) {
  const groups = new Map();
  for (const variant of data.variants) {
    const audit = variant.detail?.audit;
    if (audit) groups.set(audit, [...(groups.get(audit) ?? []), variant.name]);
  }
  if (groups.size === 0) return null;
  return section("Data audit", ...[...groups].flatMap(([audit, names]) => [
    groups.size > 1 ? make("h3", {}, names.join(", ")) : null, ...audit.split("\n").map((line) => make("p", {}, line))]).filter(Boolean));
}

function origin_section(data) {
  const with_detail = data.variants.filter((variant) => variant.detail);
  const commands = with_detail.map((variant) => `elbo rerun '${variant.detail.log.replaceAll("'", "'\\''")}'`);
  return section("Origin",
    with_detail.length ? make("p", {}, "Does one run again, with the settings, seed and data of its log, and says what differs:") : null,
    with_detail.length ? make("pre", { id: "commands" }, commands.join("\n")) : null,
    data.experiment_toml ? make("p", {}, "All of it: elbo run with this experiment file.") : null,
    data.experiment_toml ? make("details", {}, make("summary", {}, "experiment.toml"), make("pre", { id: "experiment-toml" }, data.experiment_toml)) : null,
    ...with_detail.map((variant) => make("details", {}, make("summary", {}, `${variant.name}, seed ${variant.detail.seed}`), facts(Object.entries(variant.detail.provenance)))),
    ...data.remarks.map((remark) => make("p", { class: "soft" }, remark)));
}
