#include "worker/new_data/applied_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/text.hpp"
#include "formats/text/field_values.hpp"
#include "hdf5/file.hpp"
#include "log/upkeep/edit.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

constexpr size_t rows_of_a_piece = 1000;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

std::string suffix_of(const fs::path& file) {
  std::string suffix = file.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

/// As few digits as bring a float back.
std::string field_of(float value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

/// Lines of a CSV file, one for each row of the file that was read.
class CsvLines {
 public:
  CsvLines(const AppliedRows& rows, const NextBatch& next) : rows_(rows), next_(next) {}

  std::string piece() {
    std::string text;
    if (!has_begun_) text = header(), has_begun_ = true;
    for (size_t i = 0; i < rows_of_a_piece && row_ < rows_.rows; ++i) text += line(row_++);
    return text;
  }

 private:
  std::string header() const {
    std::string text = rows_.names.empty() ? "row" : "row,name";
    for (const auto& [column, values] : rows_.columns) text += "," + column.name;
    for (const char* name : {"z", "z_scale"})
      for (int64_t j = 0; j < rows_.latent_dim; ++j) text += fmt::format(",{}_{}", name, j);
    for (int64_t i = 0; i < width(); ++i)
      text += "," + csv_field("mean_" + (described(i) ? described(i)->name : std::to_string(i + 1)));
    return text + "\n";
  }

  int64_t width() const { return are_means_in_csv(rows_) ? numel(rows_.event) : 0; }
  const formats::TableColumn* described(int64_t i) const {
    return rows_.values.empty() ? nullptr : &rows_.values[static_cast<size_t>(i)];
  }

  std::string line(int64_t row) {
    std::string text = std::to_string(row);
    if (!rows_.names.empty()) text += "," + csv_field(rows_.names[static_cast<size_t>(row)]);
    const bool is_scored = scored_ < rows_.scored.size() && rows_.scored[scored_] == row;
    for (const auto& [column, values] : rows_.columns) text += "," + (is_scored ? csv_field(values[scored_]) : "");
    if (!is_scored) return text + std::string(static_cast<size_t>(2 * rows_.latent_dim + width()), ',') + "\n";
    ++scored_;
    add_batch(text);
    return text + "\n";
  }

  void add_batch(std::string& text) {
    if (rows_.latent_dim == 0 && width() == 0) return;
    if (at_ == batch_.count) batch_ = next_(), at_ = 0;
    for (const std::vector<float>* values : {&batch_.z, &batch_.z_scale})
      for (int64_t j = 0; j < rows_.latent_dim; ++j)
        text += "," + field_of((*values)[static_cast<size_t>(at_ * rows_.latent_dim + j)]);
    for (int64_t i = 0; i < width(); ++i)
      text += "," + stored_field(described(i), batch_.mean[static_cast<size_t>(at_ * width() + i)]);
    ++at_;
  }

  const AppliedRows& rows_;
  const NextBatch& next_;
  AppliedBatch batch_;
  int64_t row_ = 0, at_ = 0;
  size_t scored_ = 0;
  bool has_begun_ = false;
};

std::vector<std::string> dims_of_means(const Shape& event) {
  std::vector<std::string> dims = {"sample"};
  if (event.size() == 3) dims.insert(dims.end(), {"channel", "y", "x"});
  else if (event.size() == 2) dims.insert(dims.end(), {"y", "x"});
  else
    for (size_t i = 0; i < event.size(); ++i)
      dims.push_back(event.size() == 1 ? "value" : "value_" + std::to_string(i));
  return dims;
}

/// A number for each row of the file: NaN where it is not scored.
std::vector<double> of_all_rows(const AppliedRows& rows, const std::vector<double>& values) {
  std::vector<double> all(static_cast<size_t>(rows.rows), nothing);
  for (size_t i = 0; i < rows.scored.size(); ++i) all[static_cast<size_t>(rows.scored[i])] = values[i];
  return all;
}

/// Datasets of the batches, in which what is not scored is NaN.
class BatchWriter {
 public:
  BatchWriter(h5::File& file, const AppliedRows& rows) : rows_(rows) {
    const auto count = static_cast<hsize_t>(rows.rows);
    if (const auto latents = static_cast<hsize_t>(rows.latent_dim); latents > 0) {
      file.dimension("/latent", latents, "latent dimension");
      const auto add = [&](const char* name, const char* meaning) {
        sets_.push_back(file.dataset(std::string("/") + name, {.type = H5T_IEEE_F32LE,
                                                               .shape = {count, latents},
                                                               .dims = {"sample", "latent"},
                                                               .units = "1",
                                                               .long_name = meaning}));
      };
      add("z", "E[z|x]");
      add("z_scale", "standard deviation of q(z|x)");
    }
    if (rows.has_means) add_means(file, count);
  }

  void write(const AppliedBatch& batch) {
    const int64_t first = next_, last = rows_.scored[done_ + static_cast<size_t>(batch.count) - 1];
    next_ = last + 1;
    for (size_t i = 0; i < sets_.size(); ++i) write(sets_[i], i == 0 ? batch.z : batch.z_scale, batch.count, first);
    if (rows_.has_means) write(means_, batch.mean, batch.count, first);
    done_ += static_cast<size_t>(batch.count);
  }

 private:
  void add_means(h5::File& file, hsize_t count) {
    const std::vector<std::string> dims = dims_of_means(rows_.event);
    std::vector<hsize_t> shape = {count};
    for (size_t i = 0; i < rows_.event.size(); ++i) {
      shape.push_back(static_cast<hsize_t>(rows_.event[i]));
      file.dimension("/" + dims[i + 1], shape.back(), "of one data point");
    }
    means_ = file.dataset("/mean", {.type = H5T_IEEE_F64LE,
                                    .shape = shape,
                                    .dims = dims,
                                    .units = "1",
                                    .long_name = "E[x|z] at z = E[z|x], in the units of the stored data; of names "
                                                 "the code of the most probable one"});
    std::vector<std::string> names;
    for (const formats::TableColumn& column : rows_.values) {
      names.push_back(column.name);
      if (column.kind == "category") file.attribute("/mean", "levels of " + column.name, column.levels);
      if (!column.unit.empty()) file.attribute("/mean", "unit of " + column.name, column.unit);
    }
    if (!names.empty()) file.attribute("/mean", "columns", names);
  }

  /// From row `first` of the file up to the last one of the batch.
  template <class T>
  void write(h5::Dataset& to, const std::vector<T>& values, int64_t count, int64_t first) const {
    const size_t width = values.size() / static_cast<size_t>(count);
    std::vector<T> all(static_cast<size_t>(next_ - first) * width, std::numeric_limits<T>::quiet_NaN());
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      std::copy_n(
          values.begin() + static_cast<std::ptrdiff_t>(i * width), width,
          all.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(rows_.scored[done_ + i] - first) * width));
    to.template write<T>(static_cast<hsize_t>(first), all);
  }

  const AppliedRows& rows_;
  std::vector<h5::Dataset> sets_;
  h5::Dataset means_;
  int64_t next_ = 0;  // row of the file
  size_t done_ = 0;   // scored rows
};

void write_hdf5(h5::File& file, const AppliedRows& rows, const NextBatch& next) {
  file.attribute("/", "Conventions", "CF-1.10, elbo-applied-1");
  file.attribute("/", "title", rows.title);
  file.attribute("/", "run", rows.run_id);
  file.attribute("/", "source", rows.source);
  file.dimension("/sample", static_cast<hsize_t>(rows.rows), "row of the file");
  if (!rows.names.empty()) file.texts("/name", rows.names, "sample", "file of the row");
  for (const auto& [column, values] : rows.columns) {
    const std::string path = "/" + column.name;
    file.dataset(path, {.type = H5T_IEEE_F64LE,
                        .shape = {static_cast<hsize_t>(rows.rows)},
                        .dims = {"sample"},
                        .units = column.units,
                        .long_name = column.long_name})
        .write<double>(0, of_all_rows(rows, values));
    file.attribute_if_any(path, "better", column.better);
  }
  if (rows.latent_dim == 0 && !rows.has_means) return;
  BatchWriter writer(file, rows);
  for (AppliedBatch batch = next(); batch.count > 0; batch = next()) writer.write(batch);
}

}  // namespace

std::string stored_field(const formats::TableColumn* column, double value, bool is_sample) {
  if (std::isnan(value)) return "";
  if (!column) return field_of(static_cast<float>(value));
  if (column->kind == "category" || (column->kind == "flag" && is_sample)) {
    const auto code = static_cast<size_t>(value);
    return code < column->levels.size() ? csv_field(column->levels[code]) : "";
  }
  if (column->kind == "date") return formats::date_in_words(std::round(value + column->origin));
  if (column->kind == "time") return formats::time_in_words(value);
  const std::string number =
      column->origin != 0 ? csv_field(value + column->origin) : field_of(static_cast<float>(value));
  return number + (column->unit == "percent" ? "%" : "");
}

const std::vector<double>* AppliedRows::column(const std::string& name) const {
  for (const auto& [column, values] : columns)
    if (column.name == name) return &values;
  return nullptr;
}

bool are_means_in_csv(const AppliedRows& rows) { return rows.has_means && rows.event.size() == 1; }

bool is_csv(const fs::path& file) { return suffix_of(file) == ".csv"; }

void check_applied_suffix(const fs::path& file) {
  if (!is_csv(file) && suffix_of(file) != ".h5")
    throw UserError(file.string() + ": has the suffix '" + file.extension().string() +
                    "'; expected .csv or .h5, which says what is written; name it so");
}

void write_applied(const fs::path& file, const AppliedRows& rows, const NextBatch& next) {
  check_applied_suffix(file);
  if (!is_csv(file)) return log::create_file(file, [&](h5::File& draft) { write_hdf5(draft, rows, next); });
  CsvLines lines(rows, next);
  write_atomically(file, [&] { return lines.piece(); });
}

}  // namespace elbo::host::worker
