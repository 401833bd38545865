// The base measure and the data a likelihood-like number stands on, as a short key.
#include <fmt/format.h>

#include "data/transforms.hpp"

namespace elbo::data {
namespace {

std::string binary_measure(const View& view, const DataConfig& config) {
  const std::string mass = "mass on {0,1}";
  if (view.chain.empty()) return mass;
  if (config.binarize == "static") return fmt::format("{}, static binarisation (seed {})", mass, config.binarize_seed);
  if (config.binarize == "threshold") return fmt::format("{}, binarised above {}", mass, config.threshold);
  return fmt::format("{}, dynamic binarisation (test draw seed {})", mass, config.binarize_seed);
}

std::string dequantised_measure(const View& view, const DataConfig& config) {
  const std::string density = "density on [0,1]";
  if (!config.dequantize) return fmt::format("{}, {} levels at their centres", density, view.levels);
  return fmt::format("{}, {} levels dequantised (test draw seed {})", density, view.levels, config.binarize_seed);
}

}  // namespace

std::string measure_name(const View& view, const DataConfig& config) {
  if (view.scoring == Scoring::interval) return fmt::format("mass on {} levels", view.levels);
  // A density on R sees these data within [0, 1] too, so its numbers stand beside those of a density on [0, 1].
  if (view.levels > 0 && measure_of(view.observation.support) == Measure::lebesgue)
    return dequantised_measure(view, config);
  switch (view.observation.support) {
    case Support::binary:
      return binary_measure(view, config);
    case Support::levels:
      return fmt::format("mass on {} levels", view.observation.levels);
    case Support::counts:
      return "mass on counts";
    case Support::simplex_counts:
      return "mass on counts, given their total";
    case Support::unit_interval:
      return "density on [0,1]";
    case Support::positive:
      return "density on (0,inf)";
    case Support::real:
      return "density on R";
  }
  return "";
}

}  // namespace elbo::data
