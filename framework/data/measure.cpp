#include "data/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "base/digest.hpp"

namespace elbo::data {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* soft_targets = "soft targets, a lower bound of the mean over dynamic draws";

bool is_dequantised(const View& view) {
  return view.scoring == Scoring::direct && view.levels > 0 && measure_of(view.observation.support) == Measure::lebesgue;
}

std::string base_of(const View& view, Support likelihood) {
  if (view.scoring == Scoring::interval) return fmt::format("C{}", view.levels);
  if (has_soft_targets(view)) return "C2";
  // A density on R sees these data within [0, 1] too, so its numbers stand beside those of a density on [0, 1].
  if (is_dequantised(view)) return "L01";
  if (likelihood == Support::simplex_counts) return "CM";
  switch (view.observation.support) {
    case Support::binary:
      return "C2";
    case Support::levels:
      return fmt::format("C{}", view.observation.levels);
    case Support::counts:
      return "CN";
    case Support::simplex_counts:
      return "CM";
    case Support::unit_interval:
      return "L01";
    case Support::positive:
      return "L+";
    case Support::real:
      break;
  }
  return "LR";
}

std::string quantisation_of(const View& view, const DataConfig& config) {
  if (is_dequantised(view))
    return config.dequantize ? fmt::format("dequantised, test draw seed {}", config.binarize_seed) : "centres";
  const bool levels = view.scoring == Scoring::interval || view.observation.support == Support::levels;
  return levels ? "tiles k/levels, tails folded" : "none";
}

std::string binarisation_of(const View& view, const DataConfig& config) {
  if (has_soft_targets(view)) return soft_targets;
  if (view.observation.support != Support::binary || view.chain.empty()) return "none";
  if (config.binarize == "static") return fmt::format("static, seed {}", config.binarize_seed);
  if (config.binarize == "threshold") return fmt::format("threshold > {}", config.threshold);
  return fmt::format("dynamic, test draw seed {}", config.binarize_seed);
}

std::string base_in_words(const MeasureKey& key) {
  if (key.base == "C2") return "mass on {0,1}";
  if (key.base == "CN") return "mass on counts";
  if (key.base == "CM") return "mass on counts, given their total";
  if (key.base == "L01") return "density on [0,1]";
  if (key.base == "L+") return "density on (0,inf)";
  if (key.base == "LR") return "density on R";
  return fmt::format("mass on {} levels", key.levels);
}

bool same_step(const Transform& a, const Transform& b) {
  const bool same_jacobian = a.log_jacobian_per_dim == b.log_jacobian_per_dim ||
                             (std::isnan(a.log_jacobian_per_dim) && std::isnan(b.log_jacobian_per_dim));
  return a.name == b.name && same_jacobian && a.changes_data == b.changes_data;
}

/// JSON has no NaN: a transform whose Jacobian is not known has null.
Json chain_json(const std::vector<Transform>& chain) {
  Json steps = Json::array();
  for (const Transform& t : chain)
    steps.push_back({{"name", t.name},
                     {"log_jacobian_per_dim", std::isnan(t.log_jacobian_per_dim) ? Json() : Json(t.log_jacobian_per_dim)},
                     {"changes_data", t.changes_data}});
  return steps;
}

Transform step_from(const Json& json) {
  const Json& jacobian = json.at("log_jacobian_per_dim");
  return {.name = json.at("name"),
          .log_jacobian_per_dim =
              jacobian.is_null() ? std::numeric_limits<double>::quiet_NaN() : jacobian.get<double>(),
          .changes_data = json.at("changes_data")};
}

/// y = (x - mean) / deviation: log |dy/dx|, mean over the positions. A value that never varies stays as it is.
double log_jacobian_of_standardizing(const Dataset& dataset) {
  const auto row = static_cast<size_t>(numel(dataset.shape));
  std::vector<double> sum(row), squares(row);
  std::visit(
      [&](const auto& values) {
        for (size_t i = 0; i < values.size(); ++i) sum[i % row] += static_cast<double>(values[i]);
        const auto n = static_cast<double>(values.size() / row);
        for (size_t i = 0; i < values.size(); ++i)
          squares[i % row] += std::pow(static_cast<double>(values[i]) - sum[i % row] / n, 2) / n;
      },
      dataset.train.x.values);
  double log_jacobian = 0;
  for (const double variance : squares)
    if (variance >= 1e-12) log_jacobian -= std::log(variance) / 2 / static_cast<double>(row);
  return log_jacobian;
}

}  // namespace

void complete(MeasureKey& key, const Dataset& dataset) {
  for (Transform& step : key.chain)
    if (step.name == standardize && std::isnan(step.log_jacobian_per_dim))
      step.log_jacobian_per_dim = log_jacobian_of_standardizing(dataset);
}

bool MeasureKey::same_measure(const MeasureKey& o) const {
  return data == o.data && test_ids == o.test_ids && dimensions == o.dimensions && base == o.base &&
         levels == o.levels && quantisation == o.quantisation && binarisation == o.binarisation &&
         conditioning == o.conditioning && direction == o.direction &&
         std::equal(chain.begin(), chain.end(), o.chain.begin(), o.chain.end(), same_step);
}

MeasureKey measure_key(const View& view, Support likelihood, const DataConfig& config, const std::string& fingerprint,
                       int64_t test_rows) {
  MeasureKey key;
  key.data = fingerprint;
  key.test_ids = sha256(fmt::format("{} test rows 0..{}", fingerprint, test_rows - 1)).substr(0, 16);
  key.dimensions = numel(view.observation.shape);
  key.base = base_of(view, likelihood);
  key.quantisation = quantisation_of(view, config);
  key.levels = key.quantisation == "none" ? 0 : std::max(view.levels, view.observation.levels);
  key.binarisation = binarisation_of(view, config);
  key.chain = view.chain;
  key.conditioning = key.base == "CM" ? "total of the counts" : "none";
  key.estimator.images = test_rows;
  return key;
}

std::string in_words(const MeasureKey& key) {
  const std::string base = base_in_words(key);
  if (key.quantisation == "centres") return fmt::format("{}, {} levels at their centres", base, key.levels);
  const auto with_seed = [](const std::string& text) { return text.substr(text.find(", ") + 2); };
  if (key.quantisation.starts_with("dequantised"))
    return fmt::format("{}, {} levels dequantised ({})", base, key.levels, with_seed(key.quantisation));
  if (key.binarisation == "none") return base;
  if (key.has_soft_targets()) return base + ", mean over dynamic draws bounded by soft targets";
  if (key.binarisation.starts_with("threshold > "))
    return fmt::format("{}, binarised above {}", base, key.binarisation.substr(12));
  const std::string kind = key.binarisation.substr(0, key.binarisation.find(','));
  return fmt::format("{}, {} binarisation ({})", base, kind, with_seed(key.binarisation));
}

std::string measure_name(const View& view, const DataConfig& config) {
  return in_words(measure_key(view, view.observation.support, config, "", 0));
}

Json to_json(const MeasureKey& key) {
  return {{"data", key.data},
          {"test_ids", key.test_ids},
          {"dimensions", key.dimensions},
          {"unit", "nat"},
          {"base", key.base},
          {"levels", key.levels},
          {"quantisation", key.quantisation},
          {"binarisation", key.binarisation},
          {"transforms", chain_json(key.chain)},
          {"conditioning", key.conditioning},
          {"direction", key.direction},
          {"estimator",
           {{"name", key.estimator.name}, {"samples", key.estimator.samples}, {"images", key.estimator.images}}}};
}

MeasureKey measure_key_from_json(const Json& json) {
  try {
    MeasureKey key;
    key.data = json.at("data");
    key.test_ids = json.at("test_ids");
    key.dimensions = json.at("dimensions");
    key.base = json.at("base");
    key.levels = json.at("levels");
    key.quantisation = json.at("quantisation");
    key.binarisation = json.at("binarisation");
    for (const Json& step : json.at("transforms")) key.chain.push_back(step_from(step));
    key.conditioning = json.at("conditioning");
    key.direction = json.at("direction");
    const Json& estimator = json.at("estimator");
    key.estimator = {estimator.at("name"), estimator.at("samples"), estimator.at("images")};
    return key;
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("measure_key: not as this program writes it: ") + e.what());
  }
}

}  // namespace elbo::data
