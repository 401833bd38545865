#include <fmt/format.h>
#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/zip.hpp"
#include "exports/exports.hpp"
#include "formats/containers/npy.hpp"

namespace elbo::host::exports {
namespace fs = std::filesystem;
namespace {

struct Column {
  std::string heading;
  std::vector<double> values;
};

std::string heading(const h5::File& log, const std::string& path, const std::string& name) {
  const std::string units = log.attribute(path, "units");
  return units.empty() || units == "1" ? name : name + " [" + units + "]";
}

/// Values per row become columns of their own: kl_per_dim 0, kl_per_dim 1, ...
void add_columns(std::vector<Column>& columns, const std::string& name, const std::vector<double>& values,
                 size_t width) {
  for (size_t c = 0; c < width; ++c) {
    Column& column = columns.emplace_back(Column{width > 1 ? fmt::format("{} {}", name, c) : name, {}});
    for (size_t i = c; i < values.size(); i += width) column.values.push_back(values[i]);
  }
}

std::string table(const std::vector<Column>& columns) {
  std::vector<std::string> fields;
  size_t rows = 0;
  for (const Column& column : columns) {
    fields.push_back(csv_field(column.heading));
    rows = std::max(rows, column.values.size());
  }
  std::string text = join(fields, ",") + "\n";
  for (size_t r = 0; r < rows; ++r) {
    fields.clear();
    for (const Column& column : columns) fields.push_back(r < column.values.size() ? csv_field(column.values[r]) : "");
    text += join(fields, ",") + "\n";
  }
  return text;
}

bool is_empty_dimension(const h5::File& log, const std::string& path) {
  return log.attribute(path, "NAME").starts_with("This is a netCDF dimension");
}

std::vector<Column> columns_of(const h5::File& log, const std::string& group) {
  std::vector<Column> columns;
  for (const std::string& name : log.names(group)) {
    const std::string path = group + "/" + name;
    if (is_empty_dimension(log, path)) continue;
    const h5::Dataset dataset = log.dataset(path);
    add_columns(columns, heading(log, path, name), dataset.read<double>(0, dataset.rows()), dataset.row_size());
  }
  return columns;
}

std::vector<Column> last_latents(const h5::File& log) {
  std::vector<Column> columns;
  for (const char* name : {"mean", "scale"}) {
    const h5::Dataset dataset = log.dataset(std::string("/latents/") + name);
    if (dataset.rows() == 0) continue;
    add_columns(columns, name, dataset.read<double>(dataset.rows() - 1, 1), dataset.shape()[2]);
  }
  if (!columns.empty() && log.has("/latents/label")) {
    const h5::Dataset labels = log.dataset("/latents/label");
    add_columns(columns, "label", labels.read<double>(0, labels.rows()), 1);
  }
  return columns;
}

std::string summary(const h5::File& log) {
  std::string text = "name,value,units,meaning\n";
  for (const std::string& name : log.names("/summary")) {
    const std::string path = "/summary/" + name;
    const std::string value = log.is_text(path) ? csv_field(log.text(path)) : csv_field(log.number(path));
    text += fmt::format("{},{},{},{}\n", name, value, log.attribute(path, "units"),
                        csv_field(log.attribute(path, "long_name")));
  }
  return text;
}

}  // namespace

void write_csv(const h5::File& log, const fs::path& folder) {
  fs::create_directories(folder);
  for (const char* group : {"train", "test", "steps", "per_example", "per_example_valid"})
    if (log.has(std::string("/") + group))
      write_atomically(folder / (std::string(group) + ".csv"), table(columns_of(log, std::string("/") + group)));
  if (log.has("/latents")) write_atomically(folder / "latents.csv", table(last_latents(log)));
  if (log.has("/summary")) write_atomically(folder / "summary.csv", summary(log));
}

namespace {

template <class T>
std::string bytes_of(const h5::Dataset& dataset) {
  const std::vector<T> values = dataset.read<T>(0, dataset.rows());
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string number_npy(double value) {
  return formats::npy_bytes("<f8", {}, std::string(reinterpret_cast<const char*>(&value), sizeof value));
}

const std::set<std::string> decoder_scalars = {"first", "black", "white", "height", "width", "channels"};
constexpr const char* groups[] = {"train", "test", "steps", "latents", "images", "per_example", "summary", "decoder"};

/// In the type that the log's layout gives it.
std::string dataset_npy(const std::string& group, const std::string& name, const h5::Dataset& dataset) {
  const std::vector<hsize_t> sizes = dataset.shape();
  const Shape shape(sizes.begin(), sizes.end());
  const bool whole = name == "epoch" || name == "step" || name == "snapshot" || name == "label";
  if (whole) return formats::npy_bytes("<i8", shape, bytes_of<int64_t>(dataset));
  if (group == "images") return formats::npy_bytes("|u1", shape, bytes_of<uint8_t>(dataset));
  const bool single = group == "latents" || (group == "decoder" && !name.starts_with("table"));
  return single ? formats::npy_bytes("<f4", shape, bytes_of<float>(dataset))
                : formats::npy_bytes("<f8", shape, bytes_of<double>(dataset));
}

void add_group(const h5::File& log, const std::string& group, ZipWriter& archive) {
  for (const std::string& name : log.names("/" + group)) {
    const std::string path = "/" + group + "/" + name;
    if (log.is_text(path) || log.attribute(path, "NAME").starts_with("This is a netCDF dimension")) continue;
    const bool scalar = group == "summary" || (group == "decoder" && decoder_scalars.contains(name));
    archive.add(group + "/" + name + ".npy",
                scalar ? number_npy(log.number(path)) : dataset_npy(group, name, log.dataset(path)));
  }
}

void must_not_replace_another(const fs::path& file, const std::string& run) {
  if (!fs::exists(file)) return;
  const std::string there = zip_comment(file);  // the run that it was exported from
  if (there == run) return;
  throw UserError(fmt::format(
      "{}: {}; expected the export of {}, which is replaced, or no file; name another FILE or remove this one",
      file.string(), there.empty() ? "is there, and is no export of a run" : "holds the export of " + there, run));
}

}  // namespace

void write_npz(const h5::File& log, const fs::path& file, const std::string& run) {
  must_not_replace_another(file, run);
  const fs::path draft = file.string() + ".part";
  ZipWriter archive(draft);
  for (const char* group : groups)
    if (log.has(std::string("/") + group)) add_group(log, group, archive);
  archive.close(run);
  publish(draft, file);
}

}  // namespace elbo::host::exports
