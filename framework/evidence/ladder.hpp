// log p(x) of each data point by the cheapest estimator that passes its own test.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "evidence/refine.hpp"
#include "metrics/rung.hpp"

namespace elbo::host {

struct LadderSettings {
  int64_t samples = 500,
          samples_again = 2000;  // at most: half of them, and a quarter, come first, and are enough for most data
  int64_t chains = 64;
  int64_t most_temperatures = 64;
  std::vector<Rung> without;          // rungs that are left out
  bool several_starts_first = false;  // for posteriors of several modes; the rungs before are left out
  RefineSettings refine;

  bool has(Rung rung) const;
};

/// Of one data point.
struct Evidence {
  double log_px = 0;
  double standard_error = 0, bias = 0;  // Monte Carlo error of log_px; NaN for Rung::none
  double pareto_k = 0, effective_samples = 0;
  int64_t samples = 0;  // K, or chains
  Rung rung = Rung::none;
  double passes = 0;       // through the decoder; one with a gradient counts 2
  int64_t iterations = 0;  // of the refinement
  int64_t modes = 1;       // that were told apart
};

/// An estimate, and how it was made.
struct LadderEstimate {
  Evidence evidence;
  std::vector<double> log_weights;
  /// log weight of a y [M] that is an exact sample of p(y|x), in the place of a sample of the estimator.
  std::function<double(const Tensor& y, const Rng& rng)> log_weight_of;
};

/// Estimates of the data points of f. Noise is a function of rng and each data point.
std::vector<LadderEstimate> climb(const LatentDensity& f, const LadderSettings& settings, const Rng& rng);

}  // namespace elbo::host
