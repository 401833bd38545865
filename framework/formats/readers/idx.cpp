// The IDX format of the MNIST files: two zero bytes, a type byte, the number of dimensions, their sizes as big-endian
// 32-bit integers, then the values, big-endian, row-major.
#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <string>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/float_precision.hpp"

namespace elbo::host::formats {
namespace {

constexpr uint8_t unsigned_byte = 0x08;

/// Type and sizes only.
struct IdxHeader {
  uint8_t type = 0;
  Shape shape;
  size_t size = 0;  // bytes of the header itself
};

size_t size_of_type(uint8_t type) {
  switch (type) {
    case unsigned_byte:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
    case 0x0D:
      return 4;
    case 0x0E:
      return 8;
    default:
      return 0;
  }
}

[[noreturn]] void refuse_idx(const std::filesystem::path& file, const std::string& found, const std::string& expected) {
  throw UserError(file.string() + ": " + found + "; expected " + expected + "; fetch or copy it again");
}

template <std::unsigned_integral T>
T big_endian(const std::byte* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
  return value;
}

template <class T, std::unsigned_integral Bits>
std::vector<float> floats(const std::byte* bytes, size_t count, const std::filesystem::path& file) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = exact_float(std::bit_cast<T>(big_endian<Bits>(bytes + i * sizeof(T))), file.string());
  return values;
}

std::vector<float> narrowed_doubles(const std::byte* bytes, const Shape& shape, const std::filesystem::path& file) {
  FloatPrecision precision(shape[0], numel({shape.begin() + 1, shape.end()}));
  for (int64_t i = 0; i < numel(shape); ++i) precision.add(std::bit_cast<double>(big_endian<uint64_t>(bytes + i * 8)));
  precision.check(file.string());
  return floats<double, uint64_t>(bytes, static_cast<size_t>(numel(shape)), file);
}

IdxHeader parse_idx_header(Bytes bytes, const std::filesystem::path& file) {
  const std::string idx = "an IDX file (two zero bytes, a type, the dimensions)";
  if (bytes.size() < 4) refuse_idx(file, "has only " + std::to_string(bytes.size()) + " bytes", idx);
  IdxHeader header;
  header.type = std::to_integer<uint8_t>(bytes[2]);
  const auto dims = std::to_integer<size_t>(bytes[3]);
  if (bytes[0] != std::byte{0} || bytes[1] != std::byte{0} || size_of_type(header.type) == 0 || dims == 0)
    refuse_idx(file, "does not begin as an IDX file does", idx);
  header.size = 4 + 4 * dims;
  if (bytes.size() < header.size) refuse_idx(file, "ends within its header", std::to_string(dims) + " dimensions");
  for (size_t i = 0; i < dims; ++i) header.shape.push_back(big_endian<uint32_t>(&bytes[4 + 4 * i]));
  return header;
}

/// Unsigned bytes stay bytes, every other type becomes float.
Array parse_idx(Bytes bytes, const Request& request) {
  const std::filesystem::path& file = request.path;
  const IdxHeader header = parse_idx_header(bytes, file);
  const std::string promise = "the values of an array " + to_string(header.shape);
  size_t count = 1;
  for (const int64_t size : header.shape)
    if (__builtin_mul_overflow(count, static_cast<size_t>(size), &count) || count > (size_t{1} << 40))
      refuse_idx(file, "claims an array " + to_string(header.shape), "one that fits its length");
  const size_t needed = count * size_of_type(header.type), found = bytes.size() - header.size;
  if (found < needed)
    refuse_idx(file, "is truncated: " + std::to_string(found) + " bytes of " + std::to_string(needed), promise);
  if (found > needed) refuse_idx(file, std::to_string(found - needed) + " bytes follow its last value", promise);

  const std::byte* values = bytes.data() + header.size;
  Array array{.shape = header.shape, .values = {}};
  switch (header.type) {
    case unsigned_byte: {
      std::vector<uint8_t> raw(count);
      if (count > 0) std::memcpy(raw.data(), values, count);
      array.values = std::move(raw);
      break;
    }
    case 0x09:
      array.values = floats<int8_t, uint8_t>(values, count, file);
      break;
    case 0x0B:
      array.values = floats<int16_t, uint16_t>(values, count, file);
      break;
    case 0x0C:
      array.values = floats<int32_t, uint32_t>(values, count, file);
      break;
    case 0x0D:
      array.values = floats<float, uint32_t>(values, count, file);
      break;
    default:
      array.values = narrowed_doubles(values, header.shape, file);
      break;
  }
  return array;
}

/// Two zeros, a type, a number of dimensions.
bool begins_as_idx(const std::string& bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] >= 8 && bytes[2] <= 14 && bytes[3] >= 1 &&
         bytes[3] <= 4;
}

Match match_idx(const Candidate& c) {
  if (c.is_folder()) return c.holds("train-images-idx3-ubyte") ? Match::by_what_is_inside : Match::none;
  if (begins_as_idx(c.bytes)) return Match::by_content;
  return c.path.filename().string().find("-idx") != std::string::npos ? Match::by_name : Match::none;
}

}  // namespace

namespace readers {

constinit const Format idx{.name = "idx", .match = &match_idx, .parse = &parse_idx};

}  // namespace readers
}  // namespace elbo::host::formats
