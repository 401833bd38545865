#include "train/weight_average.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "train/weights.hpp"

namespace elbo::host {

void WeightAverage::add(const Model& model, double decay) {
  const at::NoGradGuard no_gradients;
  const NamedTensors now = model.named_parameters();
  ++steps;
  if (weights.empty()) {
    for (const auto& [name, t] : now) weights.emplace_back(name, t.detach().clone());
    return;
  }
  const double share = (1 - decay) / (1 - std::pow(decay, static_cast<double>(steps)));
  for (size_t i = 0; i < now.size(); ++i) weights[i].second.lerp_(now[i].second.detach(), share);
}

NamedTensors WeightAverage::state(const Model& model) const {
  NamedTensors all = copy_of_state(model);  // parameters come first
  for (size_t i = 0; i < weights.size(); ++i) all[i].second = weights[i].second.clone();
  return all;
}

}  // namespace elbo::host
