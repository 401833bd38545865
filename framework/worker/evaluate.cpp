#include "worker/evaluate.hpp"

#include <iostream>

#include "base/files.hpp"
#include "base/value_json.hpp"
#include "evaluate/measure.hpp"
#include "kernels/device.hpp"
#include "kernels/matrix_products.hpp"
#include "kernels/precision.hpp"
#include "worker/trained.hpp"

namespace elbo::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// The run's own section, with what the request says instead.
EvaluateConfig config_of(const Run& run, const Json& request) {
  const auto options = options_of<EvaluateConfig>();
  Json settings = to_json(options.settings(run.evaluate));
  for (const auto& [key, value] : request.at("settings").items()) settings[key] = value;
  return options.config(settings_from_json(settings, options.list()));
}

/// What the request says, else where the run was trained, if that can be had here.
std::string device_for(const Run& run, const Json& request) {
  if (request.contains("device")) return request.at("device");
  return run.train.device == "cpu" ? "cpu" : "auto";
}

void evaluate_run(const fs::path& folder, const Json& request) {
  Trained t = load_trained(folder);
  t.run.evaluate = config_of(t.run, request);
  const at::Device device = kernels::device_of(device_for(t.run, request));
  kernels::prepare_precision("float32", device);  // whatever the run was trained in
  t.assembly.move_to(device);
  const BatchSource scored = scored_source(*t.assembly.source);
  const Measurements m = measured({.run = t.run,
                                   .model = t.assembly.model,
                                   .dataset = *t.assembly.dataset,
                                   .seen = *t.assembly.source,
                                   .scored = scored,
                                   .key = scored_key(t.run, t.assembly, scored),
                                   .tick = [](double) {}});
  if (!m.groups.empty()) log::write_evaluation(folder / log::evaluation_file, t.run.title(), m.groups);
  Json line = {
      {"experiment", t.run.experiment}, {"variant", t.run.variant}, {"seed", t.run.seed}, {"run", folder.string()}};
  line["metrics"] = Json::array();
  for (const log::EvaluationGroup& group : m.groups) line["metrics"].push_back(to_json(group));
  line["refused"] = Json::array();
  for (const auto& [metric, why] : m.refused) line["refused"].push_back({{"metric", metric}, {"why", why}});
  std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

}  // namespace

int evaluate(const fs::path& file) {
  kernels::use_onednn_products();
  const Json request = Json::parse(read_file(file));
  for (const Json& folder : request.at("folders")) evaluate_run(folder.get<std::string>(), request);
  return 0;
}

}  // namespace elbo::worker
