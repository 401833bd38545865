// Data meet a likelihood only through named transforms, each with its log-Jacobian.
#pragma once
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "experiment/settings.hpp"

namespace elbo::data {

/// One step of the chain from the stored values to what the likelihood sees.
struct Transform {
  std::string name;                   // "binarize(dynamic)", "dequantize", "scale", "levels", ...
  double log_jacobian_per_dim = 0.0;  // log |dy/dx| that turns a density of y into one of x; 0 for a change of data
  bool changes_data = false;          // binarize: another data set, so no conversion back
};

/// The transform that takes off the training mean of each value and divides by its training deviation.
inline constexpr const char* standardize = "standardize";

/// Grey values as they are under a binary likelihood: the mean of log p over binary draws of them.
inline constexpr const char* soft_binary = "soft_binary";

/// How the likelihood scores one datum.
enum class Scoring {
  direct,   // log_prob of the observed values
  interval  // interval_log_prob of the level's interval: an exact pmf on the levels ("tile-256, fold")
};

/// The chain, what comes out of it, and how it is scored.
struct View {
  Observation observation;  // what the plugins are told; under Scoring::interval its support is the likelihood's own
  std::vector<Transform> chain;
  Scoring scoring = Scoring::direct;
  int64_t levels = 0;      // of the stored values, when Scoring::interval or dequantized
  bool by_column = false;  // of a table: each column is what the likelihood that scores it takes
  bool levels_are_recoverable =
      false;  // unit_interval through dequantize: can be evaluated as an exact pmf on the levels
};

/// Whether the chain is soft_binary: the plugins are told of values in [0, 1], the numbers are about values in {0, 1}.
bool has_soft_targets(const View& view);

/// Joins data of `stored` support with a likelihood of `wanted` support. Throws UserError naming the transform that would fit
/// (Bernoulli on grey levels: binarize or soft_binary, or continuous_bernoulli, or levels). What depends on the data,
/// complete() adds.
/// `has_interval`: the likelihood can give interval masses.
View view_of(const Observation& stored, Support wanted, bool has_interval, const DataConfig& config,
             const std::string& likelihood);

/// What a number about these data is a number about: two are comparable only when these are equal (reference: measure key).
std::string measure_name(const View& view, const DataConfig& config);

}  // namespace elbo::data
