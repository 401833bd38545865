// The columns of new data: found by name, held against what the run's columns hold.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// What the values of a run's data are.
struct RunValues {
  const Description& description;
  const std::vector<formats::TableColumn>& table;  // of a table, with the names of its codes
  const std::vector<Column>& columns;              // what each may hold, where they are scored one by one
};

/// "a, b, c and 12 more"
std::string some_of(const std::vector<std::string>& names);

/// Columns that have names in both files, in the run's order. Without names in the run's file, all are taken as they are. Throws UserError where one
/// is missing.
void order_columns(Array& x, const std::vector<std::string>& wanted, const std::string& where,
                   std::vector<std::string>& notes);

/// Throws UserError naming row and column of a value that is none of the run's set; `rows` are those of the file.
void check_values(const Array& x, const RunValues& run, const std::vector<int64_t>& rows, const std::string& where);

/// A note for each column with values beyond the run's: another unit is a mistake that no set of values shows.
void say_what_is_beyond(const Array& x, const std::vector<formats::TableColumn>& columns,
                        std::vector<std::string>& notes);

}  // namespace elbo::host::data
