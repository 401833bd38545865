// The feature-barcode matrices of 10x Genomics, given as cells x genes: a folder with matrix.mtx, that matrix alone, or the same in
// HDF5.
#include <fmt/format.h>

#include "format_files.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/containers/matrix_market.hpp"
#include "formats/containers/single_cell.hpp"
#include "formats/decoded_file.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

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

Array read_10x(const Request& request) {
  fs::path file = request.path;
  if (fs::is_directory(file)) {
    file /= "matrix.mtx";
    if (!fs::exists(file)) file += ".gz";
  }
  const auto bytes = decoded_bytes(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("\x89HDF") ? read_10x_h5(file) : parse_matrix_market(bytes, file, true);
}

Match match_10x(const Candidate& c) {
  const bool is_one = c.is_folder() ? c.holds("matrix.mtx") : c.is_hdf5() && hdf5_has(c.path, "/matrix/indptr");
  return is_one ? Match::by_what_is_inside : Match::none;
}

}  // namespace

namespace readers {

constinit const Format ten_x{
    .name = "10x", .match = &match_10x, .read = &read_10x, .container = true, .holds_counts = true};

}  // namespace readers
}  // namespace elbo::host::formats
