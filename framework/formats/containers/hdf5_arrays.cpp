#include "formats/containers/hdf5_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <elbo/error.hpp>

#include "base/memory.hpp"
#include "formats/float_precision.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t most_texts = uint64_t{1} << 26;

/// What `work` gives; where HDF5 refuses, the sentence that it is for the user.
template <class Work>
auto of_user(const std::string& sentence, Work&& work) {
  try {
    return work();
  } catch (const h5::Failure&) {
    throw UserError(sentence);
  }
}

StoredType stored_type(const h5::ValueType& type, const std::string& where) {
  if (type.kind == h5::ValueType::integer)
    return type.bytes == 1 && !type.is_signed ? StoredType::byte : StoredType::integer;
  if (type.kind == h5::ValueType::floating) return StoredType::floating;
  throw UserError(where + ": holds neither integers nor floats; expected an array of numbers");
}

// A damaged header may claim any size; deflate, the strongest usual filter, gains a factor of 1032 at most.
void check_size(const Hdf5Set& opened) {
  auto claimed = static_cast<double>(opened.set.type().bytes);
  for (const int64_t size : opened.info.shape) claimed *= static_cast<double>(size);
  const auto stored = static_cast<double>(opened.set.stored_bytes());
  if (claimed > 1100 * stored + 1e6)
    throw UserError(opened.where + ": claims an array " + to_string(opened.info.shape) + " but stores only " +
                    std::to_string(static_cast<int64_t>(stored)) + " bytes; expected all of its values; copy it again");
}

/// Filters that only a plugin of HDF5 reads, which is code that comes with whoever made the file.
void check_filters(const Hdf5Set& opened) {
  const std::string unknown = opened.set.unknown_filters();
  if (unknown.empty()) return;
  const std::string file = opened.file.path().filename().string(),
                    name = opened.where.substr(opened.where.rfind(':') + 1);
  throw UserError(fmt::format(
      "{}: its values are packed by {}; expected gzip, LZF or no filter; pack it again: python3 -c \"import "
      "h5py, hdf5plugin; h5py.File('repacked.h5', 'a').create_dataset('{}', data=h5py.File('{}')['{}'][:], "
      "compression='gzip')\"",
      opened.where, unknown, name, file, name));
}

template <class T>
std::vector<T> values_of(const Hdf5Set& opened, int64_t first, int64_t count) {
  if (count == 0 || numel(opened.info.shape) == 0) return {};
  return of_user(opened.where + ": its values cannot be read (damaged or truncated); expected an array " +
                     to_string(opened.info.shape) + "; fetch or copy it again",
                 [&] { return opened.set.read<T>(static_cast<hsize_t>(first), static_cast<hsize_t>(count)); });
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
std::vector<float> narrowed_rows(const Hdf5Set& opened, int64_t first, int64_t count, FloatPrecision* precision) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(count * values_of_a_row(opened)));
  const int64_t end = first + count,
                piece = std::max<int64_t>(1, (int64_t{1} << 22) / std::max<int64_t>(1, values_of_a_row(opened)));
  for (; first < end; first += piece)
    for (const double value : values_of<double>(opened, first, std::min(piece, end - first))) {
      if (precision) precision->add(value);
      values.push_back(exact_float(value, opened.where));
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

std::string type_name(const h5::ValueType& type) {
  if (type.kind == h5::ValueType::integer) return fmt::format("{}int{}", type.is_signed ? "" : "u", 8 * type.bytes);
  return type.kind == h5::ValueType::floating ? fmt::format("float{}", 8 * type.bytes) : "";
}

}  // namespace

h5::File open_hdf5(const fs::path& file) {
  if (!fs::is_regular_file(file)) throw UserError(file.string() + ": no such file; expected an HDF5 file");
  return of_user(file.string() + ": is damaged, truncated or not HDF5; expected an HDF5 file; fetch or copy it again",
                 [&] { return h5::File::open(file, h5::Mode::foreign); });
}

bool hdf5_has(const fs::path& file, const std::string& dataset) { return open_hdf5(file).has(dataset); }

Hdf5Info hdf5_info(const fs::path& file, const std::string& dataset) { return open_hdf5_set(file, dataset).info; }

Hdf5Set open_hdf5_set(const fs::path& path, const std::string& dataset) {
  const std::string where = path.string() + ":" + dataset;
  h5::File file = open_hdf5(path);
  return of_user(where + ": the file has no such dataset or it is damaged; expected an array of numbers", [&] {
    h5::Dataset set = file.dataset(dataset);
    const auto shape = set.extent();
    Hdf5Info info{{shape.begin(), shape.end()}, stored_type(set.type(), where)};
    if (shape.empty())
      throw UserError(where + ": holds a single value; expected an array, its first dimension the data");
    Hdf5Set opened{where, std::move(file), std::move(set), std::move(info)};
    check_size(opened);
    check_filters(opened);
    return opened;
  });
}

Array read_rows(const Hdf5Set& opened, int64_t first, int64_t count, FloatPrecision* precision) {
  Array array{.shape = opened.info.shape, .values = {}};
  array.shape[0] = count;
  switch (opened.info.type) {
    case StoredType::byte:
      array.values = values_of<uint8_t>(opened, first, count);
      break;
    case StoredType::integer:
      array.values = exact_floats(values_of<int64_t>(opened, first, count), opened.where);
      break;
    case StoredType::floating:
      if (opened.set.type().bytes > sizeof(float)) array.values = narrowed_rows(opened, first, count, precision);
      else array.values = values_of<float>(opened, first, count);
      break;
  }
  return array;
}

Array read_hdf5(const fs::path& file, const std::string& dataset) {
  const Hdf5Set opened = open_hdf5_set(file, dataset);
  check_memory(opened);
  FloatPrecision precision(opened.info.shape[0], values_of_a_row(opened));
  Array array = read_rows(opened, 0, opened.info.shape[0], &precision);
  precision.check(opened.where);
  return array;
}

std::vector<int64_t> read_hdf5_integers(const fs::path& file, const std::string& dataset) {
  const Hdf5Set opened = open_hdf5_set(file, dataset);
  if (opened.info.type == StoredType::floating)
    throw UserError(opened.where + ": holds floats; expected whole numbers");
  return values_of<int64_t>(opened, 0, opened.info.shape[0]);
}

bool holds_texts(const h5::File& file, const std::string& dataset) {
  try {
    return file.has(dataset) && file.is_text(dataset);
  } catch (const h5::Failure&) {
    return false;  // a group
  }
}

std::vector<std::string> read_texts(const h5::File& file, const std::string& dataset) {
  const std::string where = file.path().string() + ":" + dataset;
  return of_user(where + ": holds no readable texts; expected an array of texts; copy it again", [&] {
    if (file.is_text(dataset) && file.dataset(dataset).rows() > most_texts)
      throw UserError(fmt::format("{}: holds more than {} texts; expected less", where, most_texts));
    return file.texts(dataset);
  });
}

std::vector<Part> hdf5_parts(const h5::File& file) {
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

}  // namespace elbo::host::formats
