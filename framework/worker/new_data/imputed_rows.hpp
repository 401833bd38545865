// A completed table: what was missing of each row, what a model puts there, and the files that it is written to.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "formats/array.hpp"
#include "formats/text/table_fields.hpp"

namespace elbo::host::worker {

/// A missing value of a row, and what stands in its place: in stored units, names as codes. NaN where there is no such number.
struct ImputedEntry {
  int64_t row = 0;    // of the file
  size_t column = 0;  // of those of the model
  double value = 0, low = 0, high = 0, probability = 0;
};

struct ImputedRows {
  std::string title, run_id, source;  // of the file; the run; the file that was read
  int64_t seed = 1, samples = 0;
  double coverage = 0.9;  // of the intervals
  int64_t rows = 0;
  std::vector<formats::TableColumn> columns;     // of the model, in its order
  std::vector<double> values;                    // [rows, columns] in stored units, completed
  std::vector<ImputedEntry> entries{};           // by row
  std::vector<double> ess{}, pareto_k{};         // of each row's weights; NaN where nothing is missing
  std::optional<formats::TableFields> fields{};  // of a text table, which is written with all of its own fields

  /// Whether the entries of a row can be trusted.
  bool is_trusted(int64_t row) const;
  size_t incomplete_rows() const;
  size_t not_trusted_rows() const;
  /// Those of them that have effective samples enough, but weights with a heavy tail.
  size_t heavy_tail_rows() const;
};

/// By the suffix. .csv: the completed table, in the columns of its file, and beside it <name>.entries.csv with a line for each entry and <name>.entries.json
/// with seed, samples and run. .h5: both as arrays.
/// Gives the files that were written. Throws UserError for another suffix.
std::vector<std::filesystem::path> write_imputed(const std::filesystem::path& file, const ImputedRows& rows);

/// A value of an entry as its file would have it.
std::string imputed_field(const ImputedRows& rows, size_t column, double value);

}  // namespace elbo::host::worker
