// What is maximised in a training step: named terms with weights, and which parameters climb which of them.
#pragma once
#include <string>
#include <vector>

#include "objective/bounds.hpp"
#include "objective/weighted_sum.hpp"

namespace elbo {

/// One term of the objective, in nats per datum.
struct WeightedTerm {
  std::string name;
  double weight;
  Summand mean;  // over the batch

  double value() const { return mean.factor * sum_of(mean.t); }
};

/// A scalar whose gradient climbs, and the parameters that follow it (empty: all). Its value may be a surrogate's,
/// right in its gradient alone; it is not for the log.
struct Ascent {
  Tensor value;
  std::vector<Tensor> parameters;
};

struct Objective {
  Means means;  // on the processor
  Terms terms;  // on another device, where reading a mean would wait for all that is queued
  std::vector<WeightedTerm> weighted;
  Tensor value;  // scalar, sum of weight x value: what the log calls the objective
  std::vector<Ascent> ascents;
};

/// How a training step of this objective draws its latents.
Latent latent_of(const ObjectiveConfig& config);

/// The objective of a batch in this epoch (from 0; fractions are steps). `total` is the number of training data.
/// rng gives the noise that is not the posterior's: samples of the prior, dreams of wake-sleep.
Objective objective_of(const Model& model, const Feed& feed, const Forward& pass, const ObjectiveConfig& config, double epoch, Rng rng);

}  // namespace elbo
