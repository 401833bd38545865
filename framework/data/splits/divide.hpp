// The division of the user's own rows into parts by groups, classes or time, and without copies.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "data/description.hpp"

namespace elbo::host::data {

/// The rows of one part's file that can be used.
struct UsableRows {
  int64_t stored = 0;              // rows of the file
  std::vector<int64_t> rows{};     // those that can be used
  std::vector<uint64_t> hashes{};  // of their values, where copies are looked for
};

/// Whether rows are divided by more than chance.
bool divides_rows(const DataConfig& config);

/// Sets division, sizes and copies of a description whose files and sizes are known; `parts` by the beginnings of their roles. Notes say what was
/// done. Throws UserError: a column that cannot divide these rows, or a group on both sides of a given split.
void divide(const DataConfig& config, const std::map<std::string, UsableRows>& parts, Description& description);

}  // namespace elbo::host::data
