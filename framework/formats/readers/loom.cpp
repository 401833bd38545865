// loom: genes x cells in the file, given as cells x genes. The part is "matrix" when empty, "layers/<name>", or for labels
// "col_attrs/<name>".
#include <algorithm>

#include "format_files.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/containers/single_cell.hpp"

namespace elbo::host::formats {
namespace {

Array read_loom(const Request& request) {
  const std::filesystem::path& file = request.path;
  const std::string path = request.part.empty() ? "matrix" : request.part;
  if (path.starts_with("col_attrs/")) return labels_or_values(open_hdf5(file), path);
  return transposed(read_hdf5(file, path), file.string() + ":" + path);
}

std::vector<Part> loom_parts(const std::filesystem::path& path) {
  std::vector<Part> parts = single_cell_parts(path, "col_attrs/");
  for (Part& part : parts) std::reverse(part.shape.begin(), part.shape.end());
  return parts;
}

}  // namespace

namespace readers {

constinit const Format loom{.name = "loom",
                            .extensions = ".loom",
                            .match =
                                [](const Candidate& c) {
                                  return c.is_hdf5() && c.extension == ".loom" ? Match::by_what_is_inside : Match::none;
                                },
                            .read = &read_loom,
                            .parts = &loom_parts,
                            .part_key = "dataset",
                            .label_group = "col_attrs/",
                            .container = true,
                            .holds_counts = true,
                            .has_main_array = true};

}  // namespace readers
}  // namespace elbo::host::formats
