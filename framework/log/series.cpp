#include "log/series.hpp"

#include <limits>

#include <elbo/error.hpp>

namespace elbo::host::log {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Series::Series(const h5::File& file, const std::string& group, const std::string& dim,
               const std::vector<Column>& columns, int64_t latent_dim)
    : columns_(columns), dim_(file.dataset(group + "/" + dim)), latent_dim_(latent_dim), kept_(columns.size()) {
  for (const Column& c : columns) datasets_.push_back(file.dataset(group + "/" + c.name));
  if (latent_dim > 0) per_dim_ = file.dataset(group + "/kl_per_dim");
  if (const hsize_t rows = dim_.rows(); rows > 0) last_ = dim_.read<int64_t>(rows - 1, 1)[0];
}

hsize_t Series::index_of(const std::string& name) const {
  std::string names;
  for (hsize_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return i;
    names += (i ? ", " : "") + columns_[i].name;
  }
  throw Error(dim_.where() + ": there is no column '" + name + "' to log; there are: " + names);
}

void Series::add(int64_t at, const std::map<std::string, double>& values, std::span<const double> per_dim) {
  if (at <= last_)
    throw Error(dim_.where() + ": row " + std::to_string(at) + " comes after row " + std::to_string(last_) +
                "; expected rising rows");
  if (!per_dim.empty() && per_dim.size() != static_cast<size_t>(latent_dim_))
    throw Error(dim_.where() + ": was given " + std::to_string(per_dim.size()) + " values of kl_per_dim; expected " +
                std::to_string(latent_dim_));
  std::vector<double> row(columns_.size(), nan);
  for (const auto& [name, value] : values) row[index_of(name)] = value;
  for (size_t i = 0; i < row.size(); ++i) kept_[i].push_back(row[i]);
  kept_per_dim_.insert(kept_per_dim_.end(), per_dim.begin(), per_dim.end());
  if (per_dim.empty()) kept_per_dim_.insert(kept_per_dim_.end(), static_cast<size_t>(latent_dim_), nan);
  kept_at_.push_back(at);
  last_ = at;
}

void Series::write() {
  if (kept_at_.empty()) return;
  const hsize_t first = dim_.rows();
  for (size_t i = 0; i < datasets_.size(); ++i) {
    datasets_[i].write<double>(first, kept_[i]);
    kept_[i].clear();
  }
  if (latent_dim_ > 0) per_dim_.write<double>(first, kept_per_dim_);
  dim_.write<int64_t>(first, kept_at_);  // last: a reader who sees the coordinate finds the row
  kept_per_dim_.clear();
  kept_at_.clear();
}

hsize_t rows_until(const h5::Dataset& coordinate, int64_t last) {
  const std::vector<int64_t> values = coordinate.read<int64_t>(0, coordinate.rows());
  hsize_t rows = 0;
  for (int64_t before = -1; rows < values.size() && values[rows] > before && values[rows] <= last; ++rows)
    before = values[rows];
  return rows;
}

void cut(h5::File& file, const std::string& group, const std::string& dim, int64_t last) {
  if (!file.has(group)) return;
  const h5::Dataset coordinate = file.dataset(group + "/" + dim);
  const hsize_t rows = rows_until(coordinate, last);
  const int64_t reached = rows > 0 ? coordinate.read<int64_t>(rows - 1, 1)[0] : 0;
  if (reached != last)
    throw Error(coordinate.where() + ": ends with row " + std::to_string(reached) + "; expected one of " +
                std::to_string(last) + "; rows were lost");
  for (const std::string& name : file.names(group))
    if (h5::Dataset dataset = file.dataset(group + "/" + name); dataset.grows()) dataset.resize(rows);
}

}  // namespace elbo::host::log
