// Variants of an experiment, and [sweep], which makes more of them.
#pragma once
#include <cstdint>
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
  std::string swept_from{};               // the variant of which [sweep] or [search] made this one; may be empty
  std::vector<std::string> swept_keys{};  // keys that [sweep] or [search] varies; none where there is neither
  int64_t trial = 0;                      // of [search], from 1; 0: none
};

/// One key that is varied, and its values.
struct Axis {
  std::string name;  // "train.optimizer.lr"
  std::vector<std::string> path;
  Where where;
  List values;
};

/// Keys that are varied together, with equally many values each: one of [sweep], those of a table of [[sweep.zip]].
using Axes = std::vector<Axis>;

/// "a.b.c" -> a, b, c
std::vector<std::string> parts_of(const std::string& dotted);

/// The key that holds pairs of lists in [sweep].
inline constexpr const char* zip_key = "zip";

/// The keys of [sweep], in the order of the file; they may be dotted or quoted. Mistakes go to faults.
std::vector<Axes> axes_of(const Table& sweep, Faults& faults);

/// Every variant with every combination of values, the last key varying fastest: "gaussian latent_dim=5".
std::vector<Variant> swept(const std::vector<Variant>& variants, const std::vector<Axes>& sweep);

}  // namespace elbo::host::experiment
