// The header of an NPY file is a Python dictionary of three keys, read here without Python.
#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include <elbo/error.hpp>

#include "data/npy.hpp"

namespace elbo::data {
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

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& where) {
  NpyHeader header;
  const std::string_view text = header_text(bytes, where, header.size);
  read_type(text_after_key(text, "descr", where), where, header);
  read_shape(text_after_key(text, "shape", where), where, header);
  header.fortran_order = text_after_key(text, "fortran_order", where).starts_with("True");
  return header;
}

}  // namespace elbo::data
