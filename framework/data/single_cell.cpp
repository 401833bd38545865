#include "data/single_cell.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "data/codes.hpp"
#include "data/hdf5_reader.hpp"
#include "data/sparse.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse_group(const fs::path& file, const std::string& part, const std::string& found,
                               const std::string& expected) {
  throw UserError(file.string() + ":" + part + ": " + found + "; expected " + expected);
}

/// The group's three arrays; rows and columns are still to be set.
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

// Older files say h5sparse_format = "csr" where newer ones say encoding-type = "csr_matrix".
Array sparse_group(const h5::File& opened, const std::string& group) {
  const fs::path& file = opened.path();
  std::string form = opened.attribute(group, "encoding-type");
  if (form.empty()) form = opened.attribute(group, "h5sparse_format");
  if (!form.starts_with("csr") && !form.starts_with("csc"))
    refuse_group(file, group, "is stored as '" + form + "'", "an array, a csr_matrix or a csc_matrix");
  auto shape = opened.integers(group, "shape");
  if (shape.empty()) shape = opened.integers(group, "h5sparse_shape");
  if (shape.size() != 2) refuse_group(file, group, "states no shape", "an attribute shape of two integers");
  const bool by_column = form.starts_with("csc");
  Compressed matrix = read_compressed(file, group);
  matrix.rows = shape[by_column ? 1 : 0];
  matrix.columns = shape[by_column ? 0 : 1];
  return dense(matrix, by_column, file.string() + ":" + group);
}

Array labels_or_values(const h5::File& file, const std::string& part) {
  if (holds_texts(file, part)) return coded(read_texts(file, part));
  return read_hdf5(file.path(), part);
}

}  // namespace

Array read_h5ad(const fs::path& file, const std::string& part) {
  const std::string path = part.empty() ? "X" : part;
  const h5::File opened = open_hdf5(file);
  if (!opened.is_group(path)) return labels_or_values(opened, path);
  if (opened.has(path + "/codes")) return read_hdf5(file, path + "/codes");
  return sparse_group(opened, path);
}

Array read_loom(const fs::path& file, const std::string& part) {
  const std::string path = part.empty() ? "matrix" : part;
  if (path.starts_with("col_attrs/")) return labels_or_values(open_hdf5(file), path);
  return transposed(read_hdf5(file, path), file.string() + ":" + path);
}

Array read_10x_h5(const fs::path& file) {
  const std::string where = file.string() + ":matrix";
  const auto shape = read_hdf5_integers(file, "matrix/shape");
  if (shape.size() != 2)
    refuse_group(file, "matrix/shape", fmt::format("holds {} numbers", shape.size()), "features, barcodes");
  Compressed matrix = read_compressed(file, "matrix");
  matrix.rows = shape[1];
  matrix.columns = shape[0];
  return dense(matrix, false, where);
}

}  // namespace elbo::data
