// An experiment file to start from, made of what a table holds.
#pragma once
#include <string>
#include <vector>

#include "experiment/settings.hpp"
#include "formats/array.hpp"

namespace elbo::observation {

/// The likelihood that a column is given to start with, and why.
struct SuggestedLikelihood {
  std::string likelihood;  // "categorical"
  std::string reason;      // "3 levels: female, male, other"
};
SuggestedLikelihood suggested_likelihood(const formats::TableColumn& column);

/// Text of an experiment in TOML that runs as it stands, with a comment for each choice. `data` says where the table is and how it is read; columns that
/// lack more than a third of their values are left out, since each row with a missing value is.
std::string starting_experiment(const DataConfig& data, const std::vector<formats::TableColumn>& columns, int64_t rows);

}  // namespace elbo::observation
