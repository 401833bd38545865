// What a model says of values that it is not shown, given those that it is: the posterior predictive distribution
// p(x_d | x_o) = E_{p(z|x_o)} p(x_d|z), by self-normalised importance sampling from q(z|x_o) (Mattei and Frellsen 2019), and where
// nothing is observed from the prior.
#pragma once
#include <vector>

#include "formats/array.hpp"
#include "model/forward.hpp"

namespace elbo::host {

struct PredictiveSettings {
  int64_t samples = 1000;  // K of each data point
  double coverage = 0.9;   // of the central intervals
};

/// Fewer effective samples leave fewer than five in each tail of a 90 % interval.
inline constexpr double least_effective_samples = 100;

/// Whether the predictions of a data point can be trusted.
bool is_trusted_prediction(double effective_samples, double pareto_k);

/// The values of a batch that are to be predicted.
struct Asked {
  Tensor where;                   // [B, D], bool
  Tensor truth{};                 // [B, D], what these values are; undefined where nobody knows
  std::vector<int64_t> levels{};  // of each column: how many codes it has, 0 for numbers
};

/// Of a batch, on the CPU in float64 and in the likelihood's units; [B, D] are NaN where nothing was asked for.
struct Predictions {
  Tensor value;  // [B, D]: E[x_d | x_o] of numbers, of codes the most probable one
  // [B, D]: central interval of numbers: the values between which the share `coverage` of the weighted draws lies; NaN where fewer than one effective draw
  // would lie in each tail
  Tensor low, high;
  Tensor probability;                  // [B, D]: of the most probable code
  Tensor log_p;                        // [B, D]: log p(x_d | x_o) of the truth, where there is one
  Tensor log_p_joint;                  // [B]: log p(x_h | x_o) of all that is asked of a data point, likewise
  Tensor effective_samples, pareto_k;  // [B], of the weights
};

/// How many codes each column has whose values are names, flags or codes in no known order; 0 for numbers. `table` has the columns' kinds where they are
/// known.
std::vector<int64_t> code_counts(const Observation& observation, const std::vector<formats::TableColumn>& table);

/// Why this model cannot predict values of a data point from the others, in one sentence; empty where it can.
std::string why_not_predictive(const Model& model, const observation::ObservationModel& observed);

/// The same batch without the values of `hidden` [B, D]: NaN in x, and missing for the encoder.
Batch without_values(const BatchSource& source, const Batch& batch, const Tensor& hidden);

/// `given` has NaN in the place of what is missing or hidden. Noise is a function of rng and the data point, so that the batch does not matter.
Predictions predict(const Model& model, const BatchSource& source, const Batch& given, const Asked& asked,
                    const PredictiveSettings& settings, const Rng& rng);

/// How many data points may be predicted at once, so that their draws fit into memory.
int64_t predictions_at_once(const BatchSource& source, const PredictiveSettings& settings);

}  // namespace elbo::host
