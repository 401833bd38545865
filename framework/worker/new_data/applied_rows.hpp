// What a trained model says of the rows of a file, and the file that it is written to.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <elbo/observation.hpp>

#include "formats/array.hpp"
#include "log/layout.hpp"

namespace elbo::host::worker {

/// Of all rows, but for what lies in batches.
struct AppliedRows {
  std::string title, run_id, source;                                   // of the file; the run; the file that was read
  int64_t rows = 0;                                                    // of the file that was read
  std::vector<int64_t> scored;                                         // those that numbers are of, in their order
  std::vector<std::string> names{};                                    // of the rows, where they have some
  std::vector<std::pair<log::Column, std::vector<double>>> columns{};  // a number for each scored row
  int64_t latent_dim = 0;                                              // 0: there are no codes to write
  bool has_means = false;
  Shape event;  // X...
  std::vector<formats::TableColumn>
      values{};  // of a table, for names, dates and what numbers are above; else names alone, or none

  const std::vector<double>* column(const std::string& name) const;
};

/// Codes and decoded means of some scored rows.
struct AppliedBatch {
  std::vector<float> z, z_scale;  // [count, L]
  std::vector<double> mean{};     // [count, X...] in stored units
  int64_t count = 0;
};

/// The next batch of scored rows, in order; one of no rows at the end.
using NextBatch = std::function<AppliedBatch()>;

/// By the suffix: .h5, or .csv. The file is there whole or not at all. Throws UserError for another suffix.
void write_applied(const std::filesystem::path& file, const AppliedRows& rows, const NextBatch& next);
/// Throws it at once.
void check_applied_suffix(const std::filesystem::path& file);
/// By the suffix, in capitals too.
bool is_csv(const std::filesystem::path& file);

/// A value of a table as its file would have it: a name, a date, a number; of a sample (rather than a mean) also a flag. Of no column, the
/// number.
std::string stored_field(const formats::TableColumn* column, double value, bool is_sample = false);

/// Decoded means of images are written to HDF5 only: they would be thousands of columns.
bool are_means_in_csv(const AppliedRows& rows);

}  // namespace elbo::host::worker
