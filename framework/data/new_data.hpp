// Data that a trained model has not seen, from any file or folder that can be read, as the run's own data are stored.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// What says of the run's data how new ones are read.
struct DataBefore {
  Description description;
  /// Of a table that the run's file was: its columns with their names, codes and units; else empty.
  std::vector<formats::TableColumn> table{};
  /// What each column may hold, where the columns of a table are scored one by one; else empty.
  std::vector<Column> columns{};
  /// What is given of each data point; none of p(x).
  std::vector<ConditionColumn> condition{};
  double unseen = 0;
};

/// Where the new data are, and what their own format needs to be said of. What is not said is as it was for the run's data.
struct NewFile {
  std::filesystem::path path;
  std::string format{}, select{}, layout{};
  std::vector<std::string> missing_values{};
  double memory_gb = 1;                        // larger files are read by blocks, where their format allows it
  std::map<std::string, std::string> given{};  // of all rows, by its name: what the file need not have
};

struct NewData {
  Split split;                       // of the rows that can be scored; `rows` says which of the file these are
  int64_t rows = 0;                  // that the file has
  std::vector<std::string> names{};  // of the rows, where they have names: files of images
  std::vector<std::string> notes{};  // sentences about what was left out or changed
};

/// Of these data, which have been loaded. The run's table is read again where no description of it is kept.
DataBefore data_before(const DataConfig& config, const Dataset& dataset, std::vector<Column> columns);

/// Those of the table that are values, in their order; of other rows of values, names alone; else none.
std::vector<formats::TableColumn> kept_columns(const DataBefore& before);

/// Columns are found by name, levels get the codes and dates the origin that they had in training, images are made as they were. Rows with
/// missing values are left out unless the run's data have such rows and masks for them. Throws UserError: missing, damaged, other
/// columns, another shape, unknown levels, values outside of the run's set; row and column are named.
NewData read_new_data(const DataBefore& before, const NewFile& file);

}  // namespace elbo::host::data
