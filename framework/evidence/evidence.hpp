// Evidence of the test data by the ladder of estimators, and the certificate that says how far it can be relied on.
#pragma once
#include <functional>
#include <vector>

#include "batches/batch_source.hpp"
#include "evidence/ladder.hpp"
#include "metrics/metric.hpp"

namespace elbo::host {

struct EvidenceSettings {
  LadderSettings ladder;
  int64_t data_at_once = 0;          // 0: chosen for the device. Results do not depend on it beyond rounding.
  int64_t encoder_trials = 20;       // first test data, on which importance sampling with q(z|x) is tried
  double least_encoder_share = 0.2;  // of them have to pass, for it to be tried on the others
  int64_t annealing_trials =
      8;                     // first test data that come so far; half of them have to pass, for others to be annealed
  int64_t mode_trials = 10;  // first test data of which modes are sought
  int64_t simulated = 20;    // data drawn from the model for the certificate
  int64_t annealed = 8;      // first test data that are estimated by annealing too
};

/// How far the estimates can be relied on, by what is known from other sides.
struct Certificate {
  /// Upper less lower bound of log p(x) in expectation, of each data point drawn from the model (Grosse et al. 2015).
  std::vector<double> gaps;
  /// Estimate by annealing less estimate by the ladder, of the first test data, and their standard errors.
  std::vector<double> annealed_differences, annealed_errors;
  int64_t modes = 1;  // the most that a posterior of the first test data has
  double passes = 0;  // through the decoder, for the certificate alone

  double mean_gap() const;
  double largest_gap() const;
  /// Its numbers by the metrics that /summary calls them.
  std::vector<std::pair<Metric, double>> values() const;
};

struct EvidenceResult {
  std::vector<Evidence> each;  // of the first test data
  Certificate certificate;

  /// log_px, its errors, k-hat, rung and passes of each data point, by the metrics that a log calls them.
  std::vector<std::pair<Metric, std::vector<double>>> columns() const;
};

/// Throws UserError, naming the plugin, where the ladder cannot be used: asked of one training data point, before training.
void must_allow_ladder(Model& model, const BatchSource& source);

/// Of the first `count` test data. Noise is a function of rng and the data point alone. `tick` is called with the fraction done and
/// may throw to stop. Throws UserError, naming the plugin, where the latents or the likelihood do not allow it.
EvidenceResult evidence(Model& model, const BatchSource& source, int64_t count, const EvidenceSettings& settings,
                        const Rng& rng, const std::function<void(double)>& tick);

/// log (1/K) (w(y*) + sum_{k=2..K} w_k): an upper bound of log p(x) in expectation, for weights of which the first gives its place to
/// an exact posterior sample (Brekelmans et al. 2022).
double upper_bound(std::vector<double> log_weights, double log_weight_of_exact);

}  // namespace elbo::host
