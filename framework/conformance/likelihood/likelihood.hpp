// The properties of likelihoods. Each function is one property: it returns, or throws Failure or Skip.
#pragma once
#include <elbo/model.hpp>

#include <limits>

#include "conformance/likelihood/distribution.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {

/// The likelihood to check: makes it anew for each case, in float64 unless said, for the support that it has.
struct LikelihoodSubject {
  PluginChoice choice;
  Support support;
  int64_t levels = 256;  // of Support::levels

  std::shared_ptr<Likelihood> make(const Shape& x) const { return make(x, choice.settings); }
  std::shared_ptr<Likelihood> make(const Shape& x, const std::vector<Setting>& settings, uint64_t seed = 0) const;
  /// With a learned total and the like at some value, so that it can be sampled.
  std::shared_ptr<Likelihood> settled(const Shape& x) const;

  /// Distributions of one value (of three where their sum is given), the plainest first.
  std::vector<Distribution> distributions() const;
  /// Distributions of a pixel of three channels with so few levels that all its colours can be counted: channels may depend on
  /// each other. None but of levels.
  std::vector<Distribution> pixel_distributions() const;
  /// The same with raw parameters far out, as long as whole(distribution) can follow.
  std::vector<Distribution> far_distributions() const;
  /// The first parameter near 0 and the others far below: what is a scale is tiny.
  std::vector<Distribution> narrow_distributions() const;
};

std::vector<Distribution> joined(const std::vector<std::vector<Distribution>>& parts);

/// Throws Failure when the plugin cannot be made or is of no support.
LikelihoodSubject likelihood_subject(const PluginChoice& choice);

/// Raw parameters that differ in every place, [samples, batch, numel(params())]; seed 0 is all 0.
Tensor varied_raw(const Likelihood& likelihood, int64_t samples, int64_t batch, uint64_t seed, double size = 1);
Theta theta_of(const Likelihood& likelihood, const Tensor& raw);
/// Data drawn under the first sample of raw, [B, X...].
Tensor data_for(const Likelihood& likelihood, const Tensor& raw, uint64_t seed);
/// What it computes of data x [B, X...]: log_prob, mean, a sample, and, where it offers them, variance and interval_log_prob of an interval
/// below x. The same function of its state each time.
NamedTensors results_of(const Likelihood& likelihood, const Tensor& x, const Tensor& raw);
/// Of data [n, X...]
Statistics statistics_of(const Tensor& x, const Observation& observation);

// shapes.cpp
void check_shapes(const LikelihoodSubject& subject);
void check_each_datum_alone(const LikelihoodSubject& subject);
void check_leaves_inputs(const LikelihoodSubject& subject);
void check_sums(const LikelihoodSubject& subject);
/// The same of an x of this shape.
void check_sum_of(const LikelihoodSubject& subject, const Shape& x);
// mass.cpp
void check_normalisation(const LikelihoodSubject& subject);
void check_moments(const LikelihoodSubject& subject);
void check_intervals(const LikelihoodSubject& subject);
void check_outliers(const LikelihoodSubject& subject);
void check_tail_masses(const LikelihoodSubject& subject);
// dependence.cpp
void check_given(const LikelihoodSubject& subject);
void check_influence(const LikelihoodSubject& subject);
// samples.cpp
/// Throws Failure when samples x [m, X...] do not follow the distribution; `words` say whose samples they are.
void expect_draws_follow(const Distribution& p, const Tensor& x, const std::string& words);
void check_draws(const LikelihoodSubject& subject);
void check_generator(const LikelihoodSubject& subject);
void check_score(const LikelihoodSubject& subject);
// numbers.cpp
/// [combinations, 1, numel(params)]: the first parameter and the others apart.
Tensor extreme_raw(const std::vector<DecoderOutput>& params, const std::vector<double>& first,
                   const std::vector<double>& others);
void check_gradients(const LikelihoodSubject& subject);
void check_extremes(const LikelihoodSubject& subject);
void check_outside(const LikelihoodSubject& subject);
void check_precision(const LikelihoodSubject& subject);
// upkeep.cpp
void check_start(const LikelihoodSubject& subject);
void check_options(const LikelihoodSubject& subject);
/// Data [n, X...] of x [3, 1, 1], and their mean log_prob under the parameters that they were drawn from.
struct TrainingData {
  Tensor x;
  double truth;
};
TrainingData training_data(const LikelihoodSubject& subject, uint64_t seed);
void check_many_data(const LikelihoodSubject& subject);
void check_training_mode(const LikelihoodSubject& subject);
void check_instances(const LikelihoodSubject& subject);
void check_threads(const LikelihoodSubject& subject);
void check_memory(const LikelihoodSubject& subject);
void check_state(const LikelihoodSubject& subject);

}  // namespace elbo::host::conformance
