#include "data/formats.hpp"

#include <algorithm>

#include "data/csv.hpp"
#include "data/decoded_file.hpp"
#include "data/hdf5_reader.hpp"
#include "data/idx.hpp"
#include "data/ldac.hpp"
#include "data/mat.hpp"
#include "data/matrix_market.hpp"
#include "data/npy.hpp"
#include "data/npz.hpp"
#include "data/png_folder.hpp"
#include "data/single_cell.hpp"

namespace elbo::data {
namespace {

using Bytes = std::span<const std::byte>;

Array csv(Bytes bytes, const Request& r) {
  return r.labels ? parse_csv_labels(bytes, r.path, r.part) : parse_csv(bytes, r.path, r.part);
}

Array npz(Bytes bytes, const Request& r) { return parse_npz(bytes, r.part, r.path.string()); }

Array png(const Request& r) { return r.labels ? read_png_labels(r.path) : read_png_folder(r.path); }

// A folder with matrix.mtx, that matrix alone, or the same in HDF5.
Array ten_x(const Request& r) {
  std::filesystem::path file = r.path;
  if (std::filesystem::is_directory(file)) {
    file /= "matrix.mtx";
    if (!std::filesystem::exists(file)) file += ".gz";
  }
  const auto bytes = decoded_bytes(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("\x89HDF") ? read_10x_h5(file) : parse_matrix_market(bytes, file, true);
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      {.name = "idx", .parse = [](Bytes bytes, const Request& r) { return parse_idx(bytes, r.path); }},
      {.name = "hdf5",
       .read = [](const Request& r) { return read_hdf5(r.path, r.part); },
       .part_key = "dataset",
       .container = true},
      {.name = "h5ad",
       .read = [](const Request& r) { return read_h5ad(r.path, r.part); },
       .part_key = "dataset",
       .label_group = "obs/",
       .container = true},
      {.name = "loom",
       .read = [](const Request& r) { return read_loom(r.path, r.part); },
       .part_key = "dataset",
       .label_group = "col_attrs/",
       .container = true},
      {.name = "10x", .read = &ten_x, .container = true},
      {.name = "mtx", .parse = [](Bytes bytes, const Request& r) { return parse_matrix_market(bytes, r.path, false); }},
      {.name = "ldac", .parse = [](Bytes bytes, const Request& r) { return parse_ldac(bytes, r.path, r.values); }},
      {.name = "csv", .parse = &csv, .part_key = "columns"},
      {.name = "npy", .parse = [](Bytes bytes, const Request& r) { return parse_npy(bytes, r.path.string()); }},
      {.name = "npz", .parse = &npz, .part_key = "dataset", .container = true},
      {.name = "mat",
       .read = [](const Request& r) { return read_mat(r.path, r.part); },
       .part_key = "dataset",
       .container = true},
      {.name = "png", .read = &png, .container = true},
  };
  return all;
}

const Format* find_format(std::string_view name) {
  const auto& all = formats();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Format& f) { return f.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Array read_with(const Format& format, const Request& request) {
  if (format.read) return format.read(request);
  return format.parse(decoded_bytes(request.path), request);
}

}  // namespace elbo::data
