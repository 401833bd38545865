#include <fmt/format.h>
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstring>

#include "base/images/decoders.hpp"

namespace elbo::host::images {
namespace {

/// libpng's state for one file in memory. Its errors arrive as BadImage: libpng may only be left by longjmp, so nothing that is
/// handed to guarded() may own anything.
class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::fail, [](png_structp, png_const_charp) {});
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw BadImage("cannot be decoded: libpng has no memory");
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  png_structp png() const { return png_; }
  png_infop info() const { return info_; }

  template <class F>
  void guarded(F f) {
    if (setjmp(jump_)) throw BadImage(fmt::format("is damaged: libpng says \"{}\"", message_));
    f();
  }

  void read_header() {
    guarded([this] {
      png_set_read_fn(png_, this, &PngReader::give);
      png_read_info(png_, info_);
    });
  }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader->message_, message, sizeof(reader->message_) - 1);
    std::longjmp(reader->jump_, 1);
  }
  static void give(png_structp png, png_bytep to, size_t size) {
    auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
    if (size > reader->rest_.size()) png_error(png, "the file ends within the image (truncated)");
    std::memcpy(to, reader->rest_.data(), size);
    reader->rest_.remove_prefix(size);
  }

  std::string_view rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  char message_[200] = {};
};

int64_t big_endian_at(std::string_view bytes, size_t at) {
  int64_t value = 0;
  for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Whether the palette has grey colours only.
bool is_grey_palette(const PngReader& reader) {
  png_colorp colours = nullptr;
  int count = 0;
  if (!png_get_PLTE(reader.png(), reader.info(), &colours, &count)) return false;
  for (int i = 0; i < count; ++i)
    if (colours[i].red != colours[i].green || colours[i].red != colours[i].blue) return false;
  return true;
}

std::string mode_of(int bits, int type, bool alpha) {
  const std::string kind = type == PNG_COLOR_TYPE_PALETTE ? "palette" : (type & PNG_COLOR_MASK_COLOR) ? "RGB" : "grey";
  const bool is_usual = bits == 8 && kind != "palette";
  return (is_usual ? "" : fmt::format("{}-bit ", bits)) + kind + (alpha ? " with alpha" : "");
}

int orientation_of(PngReader& reader) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (!png_get_eXIf_1(reader.png(), reader.info(), &size, &exif)) return 1;
  return exif_orientation({reinterpret_cast<const char*>(exif), size});
}

}  // namespace

ImageHeader png_header(std::string_view bytes) {
  constexpr size_t size_at = 16, header_end = 33;
  if (bytes.size() < header_end) throw BadImage("ends within its header (truncated)");
  check_size(big_endian_at(bytes, size_at + 4), big_endian_at(bytes, size_at), 0, bytes.size());
  PngReader reader(bytes);
  reader.read_header();
  const png_structp png = reader.png();
  const png_infop info = reader.info();
  const int type = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);
  ImageHeader header{.height = png_get_image_height(png, info), .width = png_get_image_width(png, info)};
  constexpr double most_deflated = 1032;  // bytes that deflate makes of one, at most
  check_size(header.height, header.width,
             static_cast<double>(png_get_rowbytes(png, info)) * static_cast<double>(header.height) / most_deflated,
             bytes.size());
  header.alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
  header.colour = (type & PNG_COLOR_MASK_COLOR) && !(type == PNG_COLOR_TYPE_PALETTE && is_grey_palette(reader));
  header.bits = bits == 16 ? 16 : 8;
  header.mode = mode_of(bits, type, header.alpha);
  header.orientation = orientation_of(reader);
  return header;
}

Pixels png_pixels(std::string_view bytes) {
  PngReader reader(bytes);
  reader.read_header();
  const png_structp png = reader.png();
  const png_infop info = reader.info();
  reader.guarded([=] {
    png_set_expand(png);  // palettes become RGB, transparent colours alpha, fewer bits 8
    if (std::endian::native == std::endian::little && png_get_bit_depth(png, info) == 16) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
  });
  const auto height = static_cast<size_t>(png_get_image_height(png, info));
  const size_t row = png_get_rowbytes(png, info), value = png_get_bit_depth(png, info) == 16 ? 2 : 1;
  std::vector<uint8_t> stored(height * row);
  std::vector<png_bytep> rows(height);
  for (size_t i = 0; i < height; ++i) rows[i] = stored.data() + i * row;
  reader.guarded([png, &rows] {
    png_read_image(png, rows.data());
    png_read_end(png, nullptr);
  });
  Pixels pixels{.height = static_cast<int64_t>(height),
                .width = png_get_image_width(png, info),
                .channels = png_get_channels(png, info)};
  pixels.values.resize(stored.size() / value);
  if (value == 2) std::memcpy(pixels.values.data(), stored.data(), stored.size());
  else pixels.values.assign(stored.begin(), stored.end());
  return pixels;
}

}  // namespace elbo::host::images
