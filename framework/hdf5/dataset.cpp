#include "hdf5/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "base/visible.hpp"

namespace elbo::host::h5 {

std::vector<hsize_t> Dataset::extent() const {
  const Space space(check(H5Dget_space(id_), where_, "be read"));
  std::vector<hsize_t> shape(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space), where_, "be read")));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

std::vector<hsize_t> Dataset::shape() const {
  std::vector<hsize_t> shape = extent();
  if (shape.empty()) throw Failure(where_ + ": is a scalar; expected rows; the file is not what it was created as");
  return shape;
}

ValueType Dataset::type() const {
  const Type type(check(H5Dget_type(id_), where_, "say its type"));
  const H5T_class_t kind = H5Tget_class(type);
  return {.kind = kind == H5T_INTEGER  ? ValueType::integer
                  : kind == H5T_FLOAT  ? ValueType::floating
                  : kind == H5T_STRING ? ValueType::text
                                       : ValueType::other,
          .bytes = H5Tget_size(type),
          .is_signed = kind != H5T_INTEGER || H5Tget_sign(type) != H5T_SGN_NONE};
}

bool Dataset::grows() const {
  const Space space(check(H5Dget_space(id_), where_, "be read"));
  std::vector<hsize_t> largest(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space), where_, "be read")));
  H5Sget_simple_extent_dims(space, nullptr, largest.data());
  return !largest.empty() && largest[0] == H5S_UNLIMITED;
}

hsize_t Dataset::row_size() const {
  hsize_t size = 1;
  const std::vector<hsize_t> all = shape();
  for (size_t i = 1; i < all.size(); ++i) size *= all[i];
  return size;
}

void Dataset::resize(hsize_t rows) {
  std::vector<hsize_t> size = shape();
  size[0] = rows;
  check(H5Dset_extent(id_, size.data()), where_, "be resized");
}

Space Dataset::select(hsize_t first, hsize_t rows) const {
  std::vector<hsize_t> count = shape(), start(count.size(), 0);
  start[0] = first;
  count[0] = rows;
  Space space(check(H5Dget_space(id_), where_, "be read"));
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), where_,
        "select rows");
  return space;
}

void Dataset::write(hsize_t first, hid_t type, const void* values, size_t count) {
  const hsize_t size = row_size(), rows = size ? count / size : 0, extent = count;
  if (size == 0 || rows * size != count)
    throw Error(where_ + ": was given " + std::to_string(count) + " values; expected rows of " + std::to_string(size));
  if (rows == 0) return;
  if (first + rows > this->rows()) resize(first + rows);
  const Space from(H5Screate_simple(1, &extent, nullptr)), to = select(first, rows);
  check(H5Dwrite(id_, type, from, to, H5P_DEFAULT, values), where_, "be written");
}

void Dataset::read(hsize_t first, hsize_t rows, hid_t type, void* values) const {
  if (rows == 0) return;
  const hsize_t extent = rows * row_size();
  const Space to(H5Screate_simple(1, &extent, nullptr)), from = select(first, rows);
  check(H5Dread(id_, type, to, from, H5P_DEFAULT, values), where_, "be read");
}

void Dataset::check_rows(hsize_t rows) const {
  const FileHandle home(check(H5Iget_file_id(id_), where_, "be read"));
  hsize_t bytes = 0;
  check(H5Fget_filesize(home, &bytes), where_, "be measured");
  double claimed = static_cast<double>(rows) * static_cast<double>(type().bytes);
  const std::vector<hsize_t> all = shape();
  for (size_t i = 1; i < all.size(); ++i) claimed *= static_cast<double>(all[i]);
  check_claim(claimed, static_cast<double>(std::max(bytes, stored_bytes())), where_);
}

hsize_t Dataset::stored_bytes() const { return H5Dget_storage_size(id_); }

std::vector<hsize_t> Dataset::chunk() const {
  const Properties creation(check(H5Dget_create_plist(id_), where_, "be read"));
  if (H5Pget_layout(creation) != H5D_CHUNKED) return {};
  std::vector<hsize_t> sizes(H5S_MAX_RANK);
  const int dims = H5Pget_chunk(creation, H5S_MAX_RANK, sizes.data());
  sizes.resize(static_cast<size_t>(std::max(dims, 0)));
  return sizes;
}

std::optional<Place> Dataset::place() const {
  const haddr_t begin = H5Dget_offset(id_);
  if (begin == HADDR_UNDEF) return {};
  return Place{begin, stored_bytes()};
}

std::optional<Place> Dataset::place_of_chunk(const std::vector<hsize_t>& begin) const {
  unsigned filters = 0;
  Place place{HADDR_UNDEF, 0};
  if (H5Dget_chunk_info_by_coord(id_, begin.data(), &filters, &place.begin, &place.bytes) < 0) H5Eclear2(H5E_DEFAULT);
  if (place.begin == HADDR_UNDEF) return {};
  return place;
}

bool Dataset::holds_own_values() const {
  const Properties creation(check(H5Dget_create_plist(id_), where_, "be read"));
  return H5Pget_layout(creation) != H5D_VIRTUAL && H5Pget_external_count(creation) == 0;
}

std::string Dataset::unknown_filters() const {
  const Properties creation(check(H5Dget_create_plist(id_), where_, "be read"));
  std::vector<std::string> unknown;
  for (int i = 0; i < H5Pget_nfilters(creation); ++i) {
    unsigned flags = 0;
    size_t numbers = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &numbers, nullptr,
                                               name.size() - 1, name.data(), nullptr);
    if (filter < 0 || H5Zfilter_avail(filter) > 0) continue;
    const std::string first = visible(name.data());
    unknown.push_back(fmt::format("{} ({})", first.substr(0, first.find(' ')), filter));
  }
  H5Eclear2(H5E_DEFAULT);
  return join(unknown);
}

int Dataset::descriptor() const {
  const FileHandle home(check(H5Iget_file_id(id_), where_, "be read"));
  return descriptor_of(home);
}

bool Dataset::holds(hsize_t row) const {
  std::vector<hsize_t> offset(shape().size(), 0);
  offset[0] = row;
  hsize_t bytes = 0;
  if (H5Dget_chunk_storage_size(id_, offset.data(), &bytes) >= 0) return bytes > 0;
  H5Eclear2(H5E_DEFAULT);
  return false;
}

}  // namespace elbo::host::h5
