#include "formats/containers/single_cell.hpp"

#include <fmt/format.h>

#include <optional>

#include <elbo/error.hpp>

#include "formats/array.hpp"
#include "formats/containers/hdf5_arrays.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

/// A matrix, dense or sparse, or a column of labels, from one of the datasets that store it; nothing for the others.
std::optional<Part> single_cell_part(const h5::File& file, const Part& set, const std::string& labels) {
  const fs::path path = set.name.substr(1);
  const std::string name = path.string();
  const bool is_layer = name.starts_with("layers/") || name == "X" || name == "matrix" || name.starts_with("raw/X");
  if (name.starts_with(labels)) {
    if (path.filename() == "codes") return Part{path.parent_path().string(), set.shape, "labels"};
    const bool is_column = path.parent_path() == fs::path(labels).parent_path() && path.filename() != "_index";
    return is_column ? std::optional(Part{name, set.shape, set.type.empty() ? "labels" : set.type}) : std::nullopt;
  }
  const bool is_sparse =
      path.filename() == "data" && (name == "X/data" || name.starts_with("layers/") || name == "raw/X/data");
  if (is_sparse) {
    const std::string group = path.parent_path().string();
    Shape shape = file.integers(group, "shape");
    if (shape.empty()) shape = file.integers(group, "h5sparse_shape");
    return Part{group, shape, set.type + ", sparse"};
  }
  return is_layer && set.shape.size() == 2 ? std::optional(Part{name, set.shape, set.type}) : std::nullopt;
}

}  // namespace

void refuse_group(const fs::path& file, const std::string& part, const std::string& found,
                  const std::string& expected) {
  throw UserError(file.string() + ":" + part + ": " + found + "; expected " + expected);
}

Compressed read_compressed(const fs::path& file, const std::string& group) {
  const h5::File opened = open_hdf5(file);
  for (const char* name : {"/data", "/indices", "/indptr"})
    if (!opened.has(group + name))
      refuse_group(file, group, "has no '" + std::string(name + 1) + "'",
                   "a sparse matrix of data, indices and indptr");
  const Array values = read_hdf5(file, group + "/data");
  return {.starts = read_hdf5_integers(file, group + "/indptr"),
          .indices = read_hdf5_integers(file, group + "/indices"),
          .values = std::visit([](const auto& v) { return std::vector<float>(v.begin(), v.end()); }, values.values),
          .rows = 0,
          .columns = 0};
}

Array labels_or_values(const h5::File& file, const std::string& part) {
  if (holds_texts(file, part)) return coded_labels(read_texts(file, part), file.path().string() + ":" + part);
  return read_hdf5(file.path(), part);
}

std::vector<Part> single_cell_parts(const fs::path& path, const std::string& labels) {
  const h5::File file = open_hdf5(path);
  std::vector<Part> parts;
  for (const Part& set : hdf5_parts(file))
    if (auto part = single_cell_part(file, set, labels)) parts.push_back(std::move(*part));
  return parts;
}

}  // namespace elbo::host::formats
