#pragma once
#include <string>
#include <vector>

#include "experiment/check.hpp"
#include "experiment/experiment.hpp"

namespace elbo::experiment {

/// One key that is varied, and its values.
struct Axis {
  std::string name;  // "train.optimizer.lr"
  std::vector<std::string> path;
  Where where;
  List values;
};

/// The axes of [sweep]; keys may be dotted or quoted. Mistakes go to faults.
std::vector<Axis> axes_of(const Table& sweep, Faults& faults);

/// Every variant with every combination of values, the last axis varying fastest: "gaussian latent_dim=5".
std::vector<Variant> swept(const std::vector<Variant>& variants, const std::vector<Axis>& axes);

}  // namespace elbo::experiment
