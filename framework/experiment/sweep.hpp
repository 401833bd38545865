// Variants of an experiment, and [sweep], which makes more of them.
#pragma once
#include <string>
#include <vector>

#include "experiment/check.hpp"
#include "experiment/table.hpp"

namespace elbo::host::experiment {

/// What the file says of one model to train, not yet what it means.
struct Variant {
  std::string name;
  Where where;
  Table settings;                         // latent_dim and sections, all merged
  std::string swept_from{};               // name of the variant that [sweep] made this point of; may be empty
  std::vector<std::string> swept_keys{};  // keys that [sweep] varies; none where there is no sweep
};

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

}  // namespace elbo::host::experiment
