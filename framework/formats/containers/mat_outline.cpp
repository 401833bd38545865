#include "formats/containers/mat_outline.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include <elbo/error.hpp>

#include "base/memory.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

constexpr size_t header_size = 128, version_at = 124, order_at = 126, tag_size = 8;
constexpr uint32_t matrix = 14, compressed = 15;          // types of parts
constexpr uint32_t first_numeric = 6, last_numeric = 15;  // classes of arrays
constexpr size_t most_dimensions = 16;
constexpr int deepest = 32;  // of cells within cells

struct Element {
  uint32_t type = 0;
  std::string_view content;
};

class Outline {
 public:
  Outline(const fs::path& file, bool big_endian) : file_(file), big_endian_(big_endian) {}

  /// `depth`: 0 outside of all arrays.
  void check(std::string_view bytes, int depth) const {
    while (!bytes.empty()) {
      const Element part = next(bytes, depth > 0);
      if (part.type == matrix) check_array(part.content, depth + 1);
      if (part.type == compressed && depth > 0) damaged();
      if (part.type == compressed) check_unpacked(inflated(part.content));
    }
  }

 private:
  [[noreturn]] void damaged() const {
    throw UserError(file_.string() + ": is truncated or damaged; expected the whole MAT file; copy it again");
  }

  uint32_t number(std::string_view bytes) const {
    if (bytes.size() < 4) damaged();
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[big_endian_ ? i : 3 - i]);
    return value;
  }

  /// Takes the first part off the bytes. Up to four bytes of content may stand in the tag itself.
  Element next(std::string_view& bytes, bool padded) const {
    if (bytes.size() < tag_size) damaged();
    const uint32_t first = number(bytes), in_tag = first >> 16;
    const size_t length = in_tag ? in_tag : number(bytes.substr(4)), begin = in_tag ? 4 : tag_size;
    if (in_tag > 4 || length > bytes.size() - begin) damaged();
    const Element part{in_tag ? first & 0xffff : first, bytes.substr(begin, length)};
    const size_t end = in_tag ? tag_size : begin + (padded ? (length + 7) / 8 * 8 : length);
    bytes.remove_prefix(std::min(end, bytes.size()));
    return part;
  }

  /// One array, with its tag.
  void check_unpacked(std::string_view bytes) const {
    const Element part = next(bytes, true);
    if (part.type == matrix) check_array(part.content, 1);
  }

  /// Flags, sizes, name, then values or further arrays.
  void check_array(std::string_view bytes, int depth) const {
    if (bytes.empty()) return;  // an empty cell
    if (depth > deepest) damaged();
    const std::string_view whole = bytes;
    const Element flags = next(bytes, true);
    if (bytes.empty()) damaged();
    const Element sizes = next(bytes, true);
    const uint32_t array_class = number(flags.content) & 0xff;
    if (sizes.content.size() > 4 * most_dimensions) damaged();
    if (array_class >= first_numeric && array_class <= last_numeric && values_in(sizes.content) > whole.size())
      damaged();
    check(bytes, depth);
  }

  /// Saturated: each value takes a byte at least.
  size_t values_in(std::string_view sizes) const {
    size_t values = 1;
    for (; sizes.size() >= 4; sizes.remove_prefix(4))
      if (__builtin_mul_overflow(values, size_t{number(sizes)}, &values)) return SIZE_MAX;
    return values;
  }

  std::string inflated(std::string_view packed) const {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) throw Error(file_.string() + ": there is no memory to unpack it");
    std::string out, block(1 << 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = Z_OK;
    while (state == Z_OK) {
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = static_cast<uInt>(block.size());
      state = inflate(&stream, Z_NO_FLUSH);
      out.append(block, 0, block.size() - stream.avail_out);
      if (static_cast<double>(out.size()) > most_unpacked_bytes()) break;
    }
    inflateEnd(&stream);
    check_unpacked_size(static_cast<double>(out.size()), file_.string());
    if (state != Z_STREAM_END) damaged();
    return out;
  }

  fs::path file_;
  bool big_endian_;
};

}  // namespace

void check_mat_outline(std::string_view bytes, const fs::path& file) {
  const std::string_view order = bytes.size() < header_size ? std::string_view() : bytes.substr(order_at, 2);
  if (order != "IM" && order != "MI")
    throw UserError(file.string() +
                    ": is damaged or no MAT file of version 5 or 7; expected one; copy or save it again");
  const bool big_endian = order == "MI";
  if (bytes[big_endian ? version_at : version_at + 1] == 2) return;
  Outline(file, big_endian).check(bytes.substr(header_size), 0);
}

}  // namespace elbo::host::formats
