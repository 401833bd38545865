// AnnData (.h5ad): cells x genes. The part is "X" when empty, "layers/<name>", or for labels "obs/<column>" (categorical, numbers or
// texts). Dense, CSR and CSC.
#include <fmt/format.h>

#include <limits>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/containers/single_cell.hpp"

namespace elbo::host::formats {
namespace {

// Older files say h5sparse_format = "csr" where newer ones say encoding-type = "csr_matrix".
Array sparse_group(const h5::File& opened, const std::string& group) {
  const std::filesystem::path& file = opened.path();
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

/// A categorical column of pandas: codes, -1 where there is no value, and perhaps the names of the codes.
Array categorical(const h5::File& opened, const std::string& codes, const std::string& categories,
                  bool may_be_missing) {
  const std::string where = opened.path().string() + ":" + codes;
  Array labels = read_hdf5(opened.path(), codes);
  std::vector<std::string> names;
  if (holds_texts(opened, categories)) names = read_texts(opened, categories);
  int64_t missing = 0;
  std::visit(
      [&](const auto& values) {
        for (const auto value : values) {
          missing += value < 0;
          if (!names.empty() && !(value < static_cast<float>(names.size())))
            refuse_group(opened.path(), codes, fmt::format("holds the code {}", value),
                         fmt::format("one of its {} categories", names.size()));
        }
      },
      labels.values);
  if (missing > 0 && may_be_missing)
    labels.values = std::visit(
        [](const auto& values) {
          std::vector<float> known;
          for (const auto value : values)
            known.push_back(value < 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(value));
          return known;
        },
        labels.values);
  else if (missing > 0)
    throw UserError(
        fmt::format("{}: has no value in {} of {} rows; expected a label each; leave these rows out, or take "
                    "other labels",
                    where, missing, labels.rows()));
  if (!names.empty()) labels.table = {TableColumn{.name = {}, .kind = "category", .levels = std::move(names)}};
  return labels;
}

Array read_h5ad(const Request& request) {
  const std::string path = request.part.empty() ? "X" : request.part;
  const h5::File opened = open_hdf5(request.path);
  const std::string older = "obs/__categories/" + path.substr(path.rfind('/') + 1);
  if (request.labels && opened.has(older)) return categorical(opened, path, older, request.may_be_missing);
  if (!opened.is_group(path)) return labels_or_values(opened, path);
  if (opened.has(path + "/codes"))
    return categorical(opened, path + "/codes", path + "/categories", request.may_be_missing);
  return sparse_group(opened, path);
}

}  // namespace

namespace readers {

constinit const Format h5ad{.name = "h5ad",
                            .extensions = ".h5ad",
                            .match =
                                [](const Candidate& c) {
                                  return c.is_hdf5() && c.extension == ".h5ad" ? Match::by_what_is_inside : Match::none;
                                },
                            .read = &read_h5ad,
                            .parts = [](const std::filesystem::path& path) { return single_cell_parts(path, "obs/"); },
                            .part_key = "dataset",
                            .label_group = "obs/",
                            .container = true,
                            .holds_counts = true,
                            .has_main_array = true};

}  // namespace readers
}  // namespace elbo::host::formats
