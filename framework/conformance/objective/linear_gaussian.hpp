// A linear-Gaussian model in float64, of which everything is known: z ~ N(0, I), x|z ~ N(W z + b, s^2 I) with orthogonal columns of W,
// so that the posterior is a factorised normal, too (Tipping & Bishop 1999). The checks of objectives are made on it.
#pragma once
#include <optional>
#include <string>

#include <elbo/objective.hpp>

#include "plugins/choice.hpp"

namespace elbo::host::conformance {

inline constexpr int64_t objective_data = 200;  // training data, all of them the same data point

class LinearGaussian {
 public:
  /// q(z|x) is the exact posterior, moved by `shift` of its standard deviations, which are those of the exact one times e^log_width.
  explicit LinearGaussian(double shift = 0.7, double log_width = -0.4);

  const ModelParts& model() const { return model_; }
  NamedTensors named_parameters() const;
  /// log p(x)
  double evidence() const;
  /// What a term of this name is in expectation, a scalar that can be differentiated: of "reconstruction", "kl" and "elbo".
  std::optional<Tensor> exact(const std::string& term, const Sampling& sampling) const;

  /// Of the first data, all of which are the same.
  Pass pass(const Sampling& sampling, int64_t rows, const Rng& rng) const;
  TrainingStep step(int64_t rows, double epoch, const Rng& rng) const;

 private:
  Tensor data(int64_t rows) const;
  Tensor expected_log_lik(const Posterior& q, bool at_the_mean) const;

  ModelParts model_;
};

/// Made with the settings of the choice, in float64, and begun on that model; the seed decides its first values.
std::shared_ptr<Objective> make_objective(const PluginChoice& choice, const LinearGaussian& model, uint64_t seed = 1);

}  // namespace elbo::host::conformance
