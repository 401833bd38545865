#include "data/hdf5_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <elbo/error.hpp>

#include "base/memory.hpp"
#include "data/exact_float.hpp"
#include "data/float_precision.hpp"
#include "data/hdf5_set.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

Shape shape_of(hid_t set) {
  const Handle space(H5Dget_space(set), &H5Sclose);
  const int dims = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> sizes(static_cast<size_t>(std::max(dims, 0)));
  if (dims > 0) H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
}

StoredType stored_type(hid_t type, const std::string& where) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return H5Tget_size(type) == 1 && H5Tget_sign(type) == H5T_SGN_NONE ? StoredType::byte : StoredType::integer;
    case H5T_FLOAT:
      return StoredType::floating;
    default:
      throw UserError(where + ": holds neither integers nor floats; expected an array of numbers");
  }
}

// A damaged header may claim any size; deflate, the strongest usual filter, gains a factor of 1032 at most.
void check_size(const Hdf5Set& opened) {
  auto claimed = static_cast<double>(H5Tget_size(opened.type));
  for (const int64_t size : opened.info.shape) claimed *= static_cast<double>(size);
  const auto stored = static_cast<double>(H5Dget_storage_size(opened.set));
  if (claimed > 1100 * stored + 1e6)
    throw UserError(opened.where + ": claims an array " + to_string(opened.info.shape) + " but stores only " +
                    std::to_string(static_cast<int64_t>(stored)) + " bytes; expected all of its values; copy it again");
}

/// Rows first .. first + shape[0] - 1, all of each.
template <class T>
std::vector<T> values_of(const Hdf5Set& opened, hid_t memory_type, int64_t first, const Shape& shape) {
  std::vector<T> values(static_cast<size_t>(numel(shape)));
  if (values.empty()) return values;
  const std::vector<hsize_t> count(shape.begin(), shape.end());
  std::vector<hsize_t> start(count.size(), 0);
  start[0] = static_cast<hsize_t>(first);
  const Handle in_file(H5Dget_space(opened.set), &H5Sclose);
  const Handle in_memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), &H5Sclose);
  if (H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
      H5Dread(opened.set, memory_type, in_memory, in_file, H5P_DEFAULT, values.data()) < 0)
    throw UserError(opened.where + ": its values cannot be read (damaged or truncated); expected an array " +
                    to_string(opened.info.shape) + "; fetch or copy it again");
  return values;
}

std::vector<float> exact_floats(const std::vector<int64_t>& integers, const std::string& where) {
  std::vector<float> values;
  values.reserve(integers.size());
  for (const int64_t value : integers) values.push_back(exact_float(value, where));
  return values;
}

int64_t values_of_a_row(const Hdf5Set& opened) {
  return numel({opened.info.shape.begin() + 1, opened.info.shape.end()});
}

/// Floats of more than 32 bits, a few million at a time.
std::vector<float> narrowed_rows(const Hdf5Set& opened, int64_t first, Shape shape, FloatPrecision* precision) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(numel(shape)));
  const int64_t end = first + shape[0],
                piece = std::max<int64_t>(1, (int64_t{1} << 22) / std::max<int64_t>(1, values_of_a_row(opened)));
  for (; first < end; first += piece) {
    shape[0] = std::min(piece, end - first);
    for (const double value : values_of<double>(opened, H5T_NATIVE_DOUBLE, first, shape)) {
      if (precision) precision->add(value);
      values.push_back(exact_float(value, opened.where));
    }
  }
  return values;
}

/// What does not fit ends the process rather than the read.
void check_memory(const Hdf5Set& opened) {
  const double width = opened.info.type == StoredType::byte ? 1 : sizeof(float);
  const double needed = static_cast<double>(numel(opened.info.shape)) * width;
  const double there = machine_memory();
  if (needed > there)
    throw UserError(
        fmt::format("{}: holds {:.1f} GB of values; expected less than the {:.1f} GB of this machine's memory; set "
                    "dataset.memory_gb to read it by blocks",
                    opened.where, needed / 1e9, there / 1e9));
}

}  // namespace

Handle open_hdf5(const fs::path& file) {
  if (!fs::is_regular_file(file)) throw UserError(file.string() + ": no such file; expected an HDF5 file");
  Handle handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), &H5Fclose);
  if (handle < 0)
    throw UserError(file.string() +
                    ": is damaged, truncated or not HDF5; expected an HDF5 file; fetch or copy it again");
  return handle;
}

bool hdf5_has(const fs::path& file, const std::string& dataset) {
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  // H5Lexists fails, rather than saying no, when a group on the way is missing.
  for (size_t slash = dataset.find('/', 1); slash != std::string::npos; slash = dataset.find('/', slash + 1))
    if (H5Lexists(handle, dataset.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  return H5Lexists(handle, dataset.c_str(), H5P_DEFAULT) > 0;
}

Hdf5Info hdf5_info(const fs::path& file, const std::string& dataset) {
  const Quiet quiet;
  return open_hdf5_set(file, dataset).info;
}

Hdf5Set open_hdf5_set(const fs::path& path, const std::string& dataset) {
  const std::string where = path.string() + ":" + dataset;
  Handle file = open_hdf5(path);
  Handle set(H5Dopen2(file, dataset.c_str(), H5P_DEFAULT), &H5Dclose);
  if (set < 0) throw UserError(where + ": the file has no such dataset or it is damaged; expected an array of numbers");
  Handle type(H5Dget_type(set), &H5Tclose);
  Hdf5Info info{shape_of(set), stored_type(type, where)};
  if (info.shape.empty())
    throw UserError(where + ": holds a single value; expected an array, its first dimension the data");
  Hdf5Set opened{where, std::move(file), std::move(set), std::move(type), std::move(info)};
  check_size(opened);
  return opened;
}

Array read_rows(const Hdf5Set& opened, int64_t first, int64_t count, FloatPrecision* precision) {
  Array array{.shape = opened.info.shape, .values = {}};
  array.shape[0] = count;
  switch (opened.info.type) {
    case StoredType::byte:
      array.values = values_of<uint8_t>(opened, H5T_NATIVE_UINT8, first, array.shape);
      break;
    case StoredType::integer:
      array.values = exact_floats(values_of<int64_t>(opened, H5T_NATIVE_INT64, first, array.shape), opened.where);
      break;
    case StoredType::floating:
      if (H5Tget_size(opened.type) > sizeof(float)) array.values = narrowed_rows(opened, first, array.shape, precision);
      else array.values = values_of<float>(opened, H5T_NATIVE_FLOAT, first, array.shape);
      break;
  }
  return array;
}

Array read_hdf5(const fs::path& file, const std::string& dataset) {
  const Quiet quiet;
  const Hdf5Set opened = open_hdf5_set(file, dataset);
  check_memory(opened);
  FloatPrecision precision(opened.info.shape[0], values_of_a_row(opened));
  Array array = read_rows(opened, 0, opened.info.shape[0], &precision);
  precision.check(opened.where);
  return array;
}

std::vector<int64_t> read_hdf5_integers(const fs::path& file, const std::string& dataset) {
  const Quiet quiet;
  const Hdf5Set opened = open_hdf5_set(file, dataset);
  if (opened.info.type == StoredType::floating)
    throw UserError(opened.where + ": holds floats; expected whole numbers");
  return values_of<int64_t>(opened, H5T_NATIVE_INT64, 0, opened.info.shape);
}

}  // namespace elbo::data
