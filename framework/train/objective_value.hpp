// What is maximised in a training step: named terms with weights, and which parameters climb which value.
#pragma once
#include <string>
#include <vector>

#include "model/forward.hpp"
#include "model/weighted_sum.hpp"

namespace elbo::host {

/// One term of the objective, in nats per data point.
struct WeightedTerm {
  std::string name;
  double weight;
  Summand mean;  // over the batch

  double value() const { return mean.factor * sum_of(mean.t); }
};

/// What the objective comes to on a batch.
struct ObjectiveValue {
  Means means;  // on the processor
  Terms terms;  // on another device, where reading a mean would wait for all that is queued
  std::vector<WeightedTerm> weighted;
  Tensor value;                 // scalar, sum of weight x value: what the log calls the objective
  std::vector<Ascent> ascents;  // at least one; without parameters: all
};

}  // namespace elbo::host
