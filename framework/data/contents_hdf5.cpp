// The arrays inside HDF5 files, and what they are to single-cell biology.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "data/contents.hpp"
#include "data/hdf5_reader.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

std::string type_name(const h5::ValueType& type) {
  if (type.kind == h5::ValueType::integer) return fmt::format("{}int{}", type.is_signed ? "" : "u", 8 * type.bytes);
  return type.kind == h5::ValueType::floating ? fmt::format("float{}", 8 * type.bytes) : "";
}

std::vector<Part> parts_of(const h5::File& file) {
  std::vector<Part> parts;
  for (const std::string& path : file.datasets()) try {
      const h5::Dataset set = file.dataset(path);
      const auto shape = set.extent();
      parts.push_back({path, {shape.begin(), shape.end()}, type_name(set.type())});
    } catch (const h5::Failure&) {
      continue;  // a damaged one is not offered
    }
  return parts;
}

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

std::vector<Part> hdf5_parts(const fs::path& path) { return parts_of(open_hdf5(path)); }

std::vector<Part> single_cell_parts(const fs::path& path, const std::string& format) {
  const bool is_loom = format == "loom";
  const h5::File file = open_hdf5(path);
  std::vector<Part> parts;
  for (const Part& set : parts_of(file))
    if (auto part = single_cell_part(file, set, is_loom ? "col_attrs/" : "obs/")) {
      if (is_loom) std::reverse(part->shape.begin(), part->shape.end());  // stored genes x cells
      parts.push_back(std::move(*part));
    }
  return parts;
}

}  // namespace elbo::data
