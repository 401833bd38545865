// The header of an NPY file is a Python dictionary of three keys, read here without Python; the values follow it.
#include "formats/containers/npy.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>
#include <optional>
#include <string_view>

#include <elbo/error.hpp>

#include "formats/array.hpp"
#include "formats/float_precision.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

[[noreturn]] void refuse_npy(const std::string& where, const std::string& found,
                             const std::string& way_out = "copy it again") {
  throw UserError(where + ": " + found + "; expected an NPY array of numbers; " + way_out);
}

std::string_view header_text(std::span<const std::byte> bytes, const std::string& where, size_t& size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with("\x93NUMPY") || text.size() < 12) refuse_npy(where, "does not begin as an NPY file does");
  const auto at = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(text[i])); };
  if (at(6) < 1 || at(6) > 3) refuse_npy(where, fmt::format("is of NPY version {}", at(6)));
  const bool is_short = at(6) == 1;
  const size_t begin = is_short ? 10 : 12;
  const size_t length = at(8) | at(9) << 8 | (is_short ? 0 : at(10) << 16 | at(11) << 24);
  if (text.size() < begin + length) refuse_npy(where, "ends within its header (truncated)");
  size = begin + length;
  return text.substr(begin, length);
}

/// The text after "'key':", without blanks before it.
std::string_view text_after_key(std::string_view header, const std::string& key, const std::string& where) {
  const size_t found = header.find("'" + key + "'");
  const size_t colon = header.find(':', found);
  const size_t begin = colon == std::string_view::npos ? colon : header.find_first_not_of(' ', colon + 1);
  if (found == std::string_view::npos || begin == std::string_view::npos)
    refuse_npy(where, "its header has no '" + key + "'");
  return header.substr(begin);
}

void read_type(std::string_view text, const std::string& where, NpyHeader& header) {
  const std::string_view type = text.substr(1, text.find('\'', 1) - 1);
  if (!text.starts_with('\''))
    refuse_npy(where, "holds records of several types", "save a column of it as an array of its own");
  if (type.find('O') != std::string_view::npos)
    throw UserError(where +
                    ": holds Python objects (a pickle), which are not read since that may run code; expected "
                    "numbers; convert it: python3 -c \"import numpy as np; np.save('numbers.npy', "
                    "np.stack(np.load('objects.npy', allow_pickle=True)).astype('float32'))\"");
  const auto known = [&](std::string_view kinds, std::string_view widths) {
    return type.size() == 3 && kinds.find(type[1]) != std::string_view::npos &&
           widths.find(type[2]) != std::string_view::npos;
  };
  const bool ordered = type.size() == 3 && std::string_view("<>|=").find(type[0]) != std::string_view::npos;
  if (!ordered || !(known("iu", "1248") || known("f", "248") || known("b", "1")))
    refuse_npy(where, "holds the type '" + std::string(type) + "'", "convert it, with astype('float32') for example");
  header.big_endian = type[0] == '>';
  header.kind = type[1];
  header.width = static_cast<size_t>(type[2] - '0');
}

void read_shape(std::string_view text, const std::string& where, NpyHeader& header) {
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) refuse_npy(where, "its header has no shape");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    if (text[0] == ' ' || text[0] == ',') {
      text.remove_prefix(1);
      continue;
    }
    int64_t size = 0;
    const auto [after, fault] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (fault != std::errc{} || size < 0) refuse_npy(where, "its shape is no list of sizes");
    header.shape.push_back(size);
    text.remove_prefix(static_cast<size_t>(after - text.data()));
  }
  if (header.shape.empty() || header.shape.size() > 32)
    refuse_npy(where, "holds a single value or too many dimensions", "save [rows, values] instead");
}

template <std::unsigned_integral T>
T bits_at(const std::byte* bytes, bool big_endian) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[big_endian ? i : sizeof(T) - 1 - i]));
  return value;
}

float half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float size = exponent == 31  ? (fraction ? NAN : INFINITY)
                     : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                     : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return bits >> 15 ? -size : size;
}

template <class T, std::unsigned_integral Bits>
float value_at(const std::byte* bytes, bool big_endian, const std::string& where) {
  return exact_float(std::bit_cast<T>(bits_at<Bits>(bytes, big_endian)), where);
}

using Value = float (*)(const std::byte*, bool, const std::string&);

Value reader_of(const NpyHeader& header) {
  switch (header.kind << 8 | static_cast<int>(header.width)) {
    case 'i' << 8 | 1:
      return &value_at<int8_t, uint8_t>;
    case 'i' << 8 | 2:
      return &value_at<int16_t, uint16_t>;
    case 'i' << 8 | 4:
      return &value_at<int32_t, uint32_t>;
    case 'i' << 8 | 8:
      return &value_at<int64_t, uint64_t>;
    case 'u' << 8 | 2:
      return &value_at<uint16_t, uint16_t>;
    case 'u' << 8 | 4:
      return &value_at<uint32_t, uint32_t>;
    case 'u' << 8 | 8:
      return &value_at<uint64_t, uint64_t>;
    case 'f' << 8 | 4:
      return &value_at<float, uint32_t>;
    case 'f' << 8 | 2:
      return [](const std::byte* at, bool big_endian, const std::string&) {
        return half(bits_at<uint16_t>(at, big_endian));
      };
    default:
      return nullptr;  // bytes
  }
}

/// Where in a column-major file the value lies that is next in row-major order.
class Walk {
 public:
  Walk(const Shape& shape, bool fortran) : shape_(shape), at_(shape.size(), 0), fortran_(fortran) {}
  size_t next() {
    if (!fortran_) return place_++;
    size_t place = 0;
    for (size_t d = shape_.size(); d-- > 0;)
      place = place * static_cast<size_t>(shape_[d]) + static_cast<size_t>(at_[d]);
    for (size_t d = shape_.size(); d-- > 0;) {
      if (++at_[d] < shape_[d]) break;
      at_[d] = 0;
    }
    return place;
  }

 private:
  const Shape& shape_;
  Shape at_;
  bool fortran_;
  size_t place_ = 0;
};

bool are_native_floats(const NpyHeader& header) {
  return header.kind == 'f' && header.width == sizeof(float) && !header.fortran_order &&
         header.big_endian == (std::endian::native == std::endian::big);
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& where) {
  NpyHeader header;
  const std::string_view text = header_text(bytes, where, header.size);
  read_type(text_after_key(text, "descr", where), where, header);
  read_shape(text_after_key(text, "shape", where), where, header);
  header.fortran_order = text_after_key(text, "fortran_order", where).starts_with("True");
  return header;
}

void check_npy_size(const NpyHeader& header, size_t following, const std::string& where) {
  size_t needed = header.width;
  bool too_large = false;
  for (const int64_t size : header.shape)
    too_large = too_large || __builtin_mul_overflow(needed, static_cast<size_t>(size), &needed);
  if (too_large || needed != following)
    throw UserError(
        fmt::format("{}: its header promises an array {} of {} bytes each and {} bytes follow; expected as "
                    "many as it promises; it is truncated or damaged: copy it again",
                    where, to_string(header.shape), header.width, following));
}

Array npy_values(const NpyHeader& header, const Shape& shape, std::span<const std::byte> bytes,
                 const std::string& where, FloatPrecision* precision) {
  const size_t count = bytes.size() / header.width;
  Array array{.shape = shape, .values = {}};
  Walk walk(shape, header.fortran_order);
  if (are_native_floats(header)) {
    std::vector<float> floats(count);
    if (count > 0) std::memcpy(floats.data(), bytes.data(), bytes.size());
    array.values = std::move(floats);
  } else if (header.kind == 'f' && header.width == sizeof(double)) {
    std::vector<float> floats(count);
    for (float& value : floats) {
      const auto stored =
          std::bit_cast<double>(bits_at<uint64_t>(bytes.data() + walk.next() * header.width, header.big_endian));
      if (precision) precision->add(stored);
      value = exact_float(stored, where);
    }
    array.values = std::move(floats);
  } else if (const Value read = reader_of(header)) {
    std::vector<float> floats(count);
    for (float& value : floats) value = read(bytes.data() + walk.next() * header.width, header.big_endian, where);
    array.values = std::move(floats);
  } else {
    std::vector<uint8_t> raw(count);
    for (uint8_t& value : raw) value = std::to_integer<uint8_t>(bytes[walk.next()]);
    array.values = std::move(raw);
  }
  return array;
}

Array parse_npy(std::span<const std::byte> bytes, const std::string& where) {
  const NpyHeader header = parse_npy_header(bytes, where);
  check_npy_size(header, bytes.size() - header.size, where);
  FloatPrecision precision(header.shape[0], numel({header.shape.begin() + 1, header.shape.end()}));
  Array array = npy_values(header, header.shape, bytes.subspan(header.size), where, &precision);
  precision.check(where);
  return array;
}

namespace {

/// Of numpy's types U (UTF-32) and S (bytes): the characters of a text, which zeros fill up.
struct TextType {
  size_t characters = 0, width = 1;
  bool big_endian = false;
};

std::optional<TextType> text_type(std::string_view descr) {
  const std::string_view type = descr.substr(1, descr.find('\'', 1) - 1);
  if (!descr.starts_with('\'') || type.size() < 3 || (type[1] != 'U' && type[1] != 'S')) return {};
  TextType found{.characters = 0, .width = type[1] == 'U' ? size_t{4} : 1, .big_endian = type[0] == '>'};
  const auto [end, fault] = std::from_chars(type.data() + 2, type.data() + type.size(), found.characters);
  return fault == std::errc{} && end == type.data() + type.size() && found.characters < 1 << 16 ? std::optional(found)
                                                                                                : std::nullopt;
}

std::string text_at(const std::byte* bytes, const TextType& type) {
  std::string text;
  for (size_t i = 0; i < type.characters; ++i) {
    const uint32_t code =
        type.width == 4 ? bits_at<uint32_t>(bytes + 4 * i, type.big_endian) : std::to_integer<uint32_t>(bytes[i]);
    if (code == 0) break;
    if (type.width == 4) append_utf8(text, code);
    else text.push_back(static_cast<char>(code));
  }
  return text;
}

}  // namespace

Array parse_npy_labels(std::span<const std::byte> bytes, const std::string& where) {
  NpyHeader header;
  const std::string_view text = header_text(bytes, where, header.size);
  const auto type = text_type(text_after_key(text, "descr", where));
  if (!type) return parse_npy(bytes, where);
  read_shape(text_after_key(text, "shape", where), where, header);
  const size_t size = type->characters * type->width, following = bytes.size() - header.size;
  const auto count = static_cast<size_t>(numel(header.shape));
  if (size == 0 || following / size < count)
    refuse_npy(where, fmt::format("ends within its {} texts (truncated)", count));
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(text_at(bytes.data() + header.size + i * size, *type));
  return coded_labels(texts, where);
}

/// A magic text, the length of the heading, the heading, padded so that data start at 64 n.
std::string npy_bytes(const char* type, const Shape& shape, const std::string& values) {
  std::string sizes;
  for (const int64_t size : shape) sizes += std::to_string(size) + ",";
  std::string heading = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr size_t before = 10, alignment = 64;
  heading.append(alignment - 1 - (before + heading.size()) % alignment, ' ');
  heading += '\n';
  const char length[] = {static_cast<char>(heading.size() & 0xff), static_cast<char>(heading.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(length, 2) + heading + values;
}

}  // namespace elbo::host::formats
