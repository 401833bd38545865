#include "observation/measure_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "observation/observation_model.hpp"

namespace elbo::host::observation {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* tiles = "tiles k/levels, tails folded";
constexpr std::string_view product_sign = " x ";
constexpr const char* library_size = "library size";

std::string base_of(Support set, int64_t levels) {
  switch (set) {
    case Support::binary:
      return "C2";
    case Support::levels:
      return fmt::format("C{}", levels);
    case Support::counts:
      return "CN";
    case Support::simplex_counts:
      return "CM";
    case Support::unit_interval:
      return "L01";
    case Support::positive:
      return "L+";
    case Support::real:
    case Support::mixed:
      break;
  }
  return "LR";
}

/// A density of a column is one on R, whatever the set outside of which it is 0: the file says nothing of that set, a likelihood does.
std::string base_of(const Column& column) {
  return measure_of(column.support) == Measure::lebesgue ? base_of(Support::real, 0)
                                                         : base_of(column.support, column.levels);
}

/// "LR^11 x C9": runs of columns that are alike, in the order of the data. Of columns that are all alike "LR".
std::string product_of(const std::vector<Column>& columns) {
  std::vector<std::pair<std::string, size_t>> runs;
  for (const Column& column : columns) {
    const std::string base = base_of(column);
    if (runs.empty() || runs.back().first != base) runs.emplace_back(base, 0);
    ++runs.back().second;
  }
  std::vector<std::string> factors;
  for (const auto& [base, power] : runs)
    factors.push_back(power > 1 && runs.size() > 1 ? fmt::format("{}^{}", base, power) : base);
  return join(factors, product_sign);
}

std::string base_in_words(const std::string& base) {
  if (base == "C2") return "mass on {0,1}";
  if (base == "CN") return "mass on counts";
  if (base == "CM") return "mass on counts, given their total";
  if (base == "L01") return "density on [0,1]";
  if (base == "L+") return "density on (0,inf)";
  if (base == "LR") return "density on R";
  return fmt::format("mass on {} levels", base.substr(1));
}

/// Of a product "density on R (11 columns), mass on 9 levels (1 column)".
std::string base_in_words(const MeasureKey& key) {
  std::vector<std::string> words;
  for (size_t at = 0; at != std::string::npos;) {
    const size_t end = key.base.find(product_sign, at);
    const std::string factor = key.base.substr(at, end == std::string::npos ? end : end - at);
    const size_t power = factor.find('^');
    const int64_t columns = power == std::string::npos ? 1 : std::stoll(factor.substr(power + 1));
    words.push_back(
        fmt::format("{} ({} column{})", base_in_words(factor.substr(0, power)), columns, columns > 1 ? "s" : ""));
    at = end == std::string::npos ? end : end + product_sign.size();
  }
  if (key.conditioning == library_size) return "mass on counts, given their library size";
  return words.size() == 1 ? base_in_words(key.base) : join(words);
}

bool same_step(const MeasureKey::Step& a, const MeasureKey::Step& b) {
  const bool same_jacobian = a.log_jacobian_per_dim == b.log_jacobian_per_dim ||
                             (std::isnan(a.log_jacobian_per_dim) && std::isnan(b.log_jacobian_per_dim));
  return a.name == b.name && same_jacobian && a.changes_data == b.changes_data;
}

/// JSON has no NaN: a transform whose Jacobian is not known has null.
Json chain_json(const std::vector<MeasureKey::Step>& chain) {
  Json steps = Json::array();
  for (const MeasureKey::Step& t : chain)
    steps.push_back(
        {{"name", t.name},
         {"log_jacobian_per_dim", std::isnan(t.log_jacobian_per_dim) ? Json() : Json(t.log_jacobian_per_dim)},
         {"changes_data", t.changes_data}});
  return steps;
}

MeasureKey::Step step_from(const Json& json) {
  const Json& jacobian = json.at("log_jacobian_per_dim");
  return {
      .name = json.at("name"),
      .log_jacobian_per_dim = jacobian.is_null() ? std::numeric_limits<double>::quiet_NaN() : jacobian.get<double>(),
      .changes_data = json.at("changes_data")};
}

}  // namespace

bool MeasureKey::same_measure(const MeasureKey& o) const {
  return data == o.data && test_ids == o.test_ids && dimensions == o.dimensions && base == o.base &&
         levels == o.levels && quantisation == o.quantisation && binarisation == o.binarisation &&
         conditioning == o.conditioning && given == o.given && observed == o.observed && direction == o.direction &&
         std::equal(chain.begin(), chain.end(), o.chain.begin(), o.chain.end(), same_step);
}

void MeasureKey::set_tiles(int64_t of) {
  base = fmt::format("C{}", of);
  levels = of;
  quantisation = tiles;
}

MeasureKey measure_key(const ObservationModel& model, Support likelihood, const std::string& fingerprint,
                       int64_t test_rows, Conditioning given) {
  const Observation& observed = model.observation;
  MeasureKey key;
  key.data = fingerprint;
  key.test_ids = sha256(fmt::format("{} test rows 0..{}", fingerprint, test_rows - 1)).substr(0, 16);
  key.dimensions = numel(observed.shape);
  if (observed.support == Support::levels) key.set_tiles(observed.levels);
  if (likelihood == Support::simplex_counts || given != Conditioning::nothing) key.base = "CM";
  else key.base = model.by_column() ? product_of(observed.columns) : base_of(observed.support, observed.levels);
  for (const Transform& step : model.chain) std::visit([&](const auto& transform) { transform.add_to(key); }, step);
  if (key.base == "CM") key.conditioning = given == Conditioning::library_size ? library_size : "total of the counts";
  if (!model.given.empty()) key.given = model.given;
  if (model.masked()) {
    key.observed = model.mask;
    // What a change of unit adds depends on which values of a row are observed: there is no one number.
    for (MeasureKey::Step& step : key.chain)
      if (step.log_jacobian_per_dim != 0) step.log_jacobian_per_dim = std::numeric_limits<double>::quiet_NaN();
  }
  key.estimator.images = test_rows;
  return key;
}

namespace {

/// What binarises is told apart from the transforms of images, since the key says it in words of its own.
bool makes_other_images(const MeasureKey::Step& step) {
  return step.changes_data && step.name.find("binar") == std::string::npos;
}

/// ", images after crop(20 x 20), resize(32 x 32, area, stretch)"; nothing where the files are used as they are.
std::string images_in_words(const MeasureKey& key) {
  std::vector<std::string> steps;
  for (const MeasureKey::Step& step : key.chain)
    if (makes_other_images(step)) steps.push_back(step.name);
  return steps.empty() ? "" : ", images after " + join(steps);
}

/// "sex (2 levels), age"
std::string without_hashes(const std::string& given) {
  std::string text;
  for (size_t at = 0; at < given.size(); ++at) {
    if (given.compare(at, 9, " levels, ") == 0) {
      text += " levels";
      at = given.find(')', at);
    }
    text += given[at];
  }
  return text;
}

std::string scored_values_in_words(const MeasureKey& key) {
  std::string base = base_in_words(key);
  if (key.observed != "all")
    base += fmt::format("; of the observed values ({})", key.observed.substr(0, key.observed.find(',')));
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

}  // namespace

std::string in_words(const MeasureKey& key) {
  const std::string given = key.given == "nothing" ? "" : ", given " + without_hashes(key.given);
  return scored_values_in_words(key) + given + images_in_words(key);
}

std::string measure_in_words(const ObservationModel& model) {
  return in_words(measure_key(model, model.observation.support, "", 0));
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
          {"given", key.given},
          {"observed", key.observed},
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
    key.given = json.at("given");
    key.observed = json.at("observed");
    key.direction = json.at("direction");
    const Json& estimator = json.at("estimator");
    key.estimator = {estimator.at("name"), estimator.at("samples"), estimator.at("images")};
    for (const auto& [name, value] : json.items())
      if (const Json known = to_json(key); !known.contains(name) || (name == "unit" && value != known[name]))
        throw Error(fmt::format("measure_key: says {} = {}, which this program does not know", name, value.dump()));
    return key;
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("measure_key: not as this program writes it: ") + reason_of(e));
  }
}

}  // namespace elbo::host::observation
