// An exponential moving average of a model's weights (Polyak & Juditsky 1992; Izmailov et al. 2018 say why it generalises).
#pragma once
#include <cstdint>

#include "model/model.hpp"

namespace elbo::host {

/// After step t it is sum_i d^(t-i) w_i / sum_i d^(t-i) of the weights w_1 ... w_t after each step, where d is the decay: the weights before the
/// first step are no part of it.
struct WeightAverage {
  NamedTensors weights;  // as the model's parameters; empty before the first step
  int64_t steps = 0;

  void add(const Model& model, double decay);
  /// The model's state with the average in the place of its parameters, and its buffers as they are. Not before the first step.
  NamedTensors state(const Model& model) const;
};

}  // namespace elbo::host
