// Rows of scalars along a growing dimension: /train and /test along epoch, /steps along step.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "hdf5/file.hpp"
#include "log/layout.hpp"

namespace elbo::host::log {

class Series {
 public:
  Series() = default;
  /// Opens what create_layout() made. latent_dim 0: no kl_per_dim.
  Series(const h5::File& file, const std::string& group, const std::string& dim, const std::vector<Column>& columns,
         int64_t latent_dim);

  /// Keeps a row; NaN where nothing is given. Throws Error for a name that is no column, and when `at` does not rise.
  void add(int64_t at, const std::map<std::string, double>& values, std::span<const double> per_dim);
  /// Writes the rows kept so far.
  void write();

 private:
  hsize_t index_of(const std::string& name) const;

  std::vector<Column> columns_;
  std::vector<h5::Dataset> datasets_;
  h5::Dataset dim_, per_dim_;
  int64_t latent_dim_ = 0, last_ = -1;
  std::vector<std::vector<double>> kept_;  // [column][row]
  std::vector<double> kept_per_dim_;
  std::vector<int64_t> kept_at_;
};

/// Rows of a coordinate up to the value `last`; rows that a killed writer left unfilled do not count.
hsize_t rows_until(const h5::Dataset& coordinate, int64_t last);
/// Cuts the group's coordinate `dim`, and all else that grows along it, back to the row of `last`; all of it for 0. Throws
/// Error when there is no such row: a power cut may keep a checkpoint and lose the rows that were written before it.
void cut(h5::File& file, const std::string& group, const std::string& dim, int64_t last);

}  // namespace elbo::host::log
