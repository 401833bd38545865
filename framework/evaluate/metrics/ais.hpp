// Annealed importance sampling for log p(x) of a decoder (Wu et al. 2017), and its reverse on data that the model itself made.
#pragma once
#include "evaluate/evaluate.hpp"
#include "evidence/ais.hpp"

namespace elbo::host {

struct AisResult {
  std::vector<double> log_px, effective_chains, acceptance;  // one a data point of the test part
  std::vector<double> simulated_lower, simulated_upper;  // one a simulated data point: log p(x) from below and above
};

/// Of the first `count` test data, and of as many data drawn from the model. Throws UserError where the path cannot begin
/// at the encoder's posterior. `tick` as in importance_weighted().
AisResult annealed(Model& model, const BatchSource& source, int64_t count, const AisSettings& settings, const Rng& rng,
                   const std::function<void(double)>& tick);

}  // namespace elbo::host
