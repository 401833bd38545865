// The arrays inside HDF5 files, and what they are to single-cell biology.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "data/contents.hpp"
#include "data/hdf5_handle.hpp"
#include "data/hdf5_text.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

std::string hdf5_type(hid_t set) {
  const Handle type(H5Dget_type(set), &H5Tclose);
  const size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return fmt::format("{}int{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    case H5T_FLOAT:
      return fmt::format("float{}", bits);
    default:
      return "";
  }
}

#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;  // H5Ovisit2() still gives the old one
#else
using ObjectInfo = H5O_info_t;
#endif

herr_t add_set(hid_t file, const char* name, const ObjectInfo* info, void* into) {
  if (info->type != H5O_TYPE_DATASET) return 0;
  const Handle set(H5Dopen2(file, name, H5P_DEFAULT), &H5Dclose);
  if (set < 0) return 0;
  const Handle space(H5Dget_space(set), &H5Sclose);
  std::vector<hsize_t> sizes(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  if (!sizes.empty()) H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  static_cast<std::vector<Part>*>(into)->push_back(
      {std::string("/") + name, {sizes.begin(), sizes.end()}, hdf5_type(set)});
  return 0;
}

/// A matrix, dense or sparse, or a column of labels, from one of the datasets that store it; nothing for the others.
std::optional<Part> single_cell_part(const fs::path& file, const Part& set, const std::string& labels) {
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
    Shape shape = hdf5_integer_attribute(file, group, "shape");
    if (shape.empty()) shape = hdf5_integer_attribute(file, group, "h5sparse_shape");
    return Part{group, shape, set.type + ", sparse"};
  }
  return is_layer && set.shape.size() == 2 ? std::optional(Part{name, set.shape, set.type}) : std::nullopt;
}

}  // namespace

std::vector<Part> hdf5_parts(const fs::path& path) {
  const Quiet quiet;
  const Handle file = open_hdf5(path);
  std::vector<Part> parts;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, &add_set, &parts, H5O_INFO_BASIC);
  return parts;
}

std::vector<Part> single_cell_parts(const fs::path& path, const std::string& format) {
  const bool is_loom = format == "loom";
  std::vector<Part> parts;
  for (const Part& set : hdf5_parts(path))
    if (auto part = single_cell_part(path, set, is_loom ? "col_attrs/" : "obs/")) {
      if (is_loom) std::reverse(part->shape.begin(), part->shape.end());  // stored genes x cells
      parts.push_back(std::move(*part));
    }
  return parts;
}

}  // namespace elbo::data
