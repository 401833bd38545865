// An experiment file to start from, made of what a table holds.
#pragma once
#include <string>
#include <vector>

#include "experiment/settings.hpp"
#include "formats/array.hpp"

namespace elbo::host::observation {

/// What a column holds as its likelihood is chosen by: "flag", "category", "levels", "count" or "measurement"; and in words why.
struct ColumnUse {
  std::string use;     // "category"
  std::string reason;  // "3 categories: female, male, other"
};
ColumnUse use_of(const formats::TableColumn& column);

/// The lines of [dataset] that say how rows are split, of those keys that are set.
std::string split_settings(const DataConfig& data);

/// Text of an experiment in TOML that runs as it stands, with a comment for each choice; networks and likelihoods are those of templates/experiment/table.toml. `data` says where `table` is and how it is read. Columns of fewer
/// than ten values are left out, and so are those that do not vary.
std::string starting_experiment(const DataConfig& data, const formats::Array& table);

}  // namespace elbo::host::observation
