// Writes PNG and JPEG files of all kinds for tests, through libpng and libjpeg.
#pragma once
#include <cstdio>
// After the one above, whose types it uses.
#include <jpeglib.h>
#include <png.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace elbo::host::test {

/// A PNG file to be written: values [height, width, channels of its type], of 16 bits in the machine's order of bytes.
struct PngContent {
  uint32_t width = 1, height = 1;
  int type = PNG_COLOR_TYPE_GRAY, bits = 8;
  std::vector<uint16_t> values{};
  std::vector<png_color> palette{};
  std::vector<uint8_t> palette_alpha{};
  bool interlaced = false;
  double gamma = 0;  // 0: none said
  std::string exif{};
};

inline std::string png_bytes(const PngContent& c) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp to, png_bytep data, size_t size) {
        static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<const char*>(data), size);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, c.width, c.height, c.bits, c.type, c.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!c.palette.empty()) png_set_PLTE(png, info, c.palette.data(), static_cast<int>(c.palette.size()));
  if (!c.palette_alpha.empty())
    png_set_tRNS(png, info, c.palette_alpha.data(), static_cast<int>(c.palette_alpha.size()), nullptr);
  if (c.gamma > 0) png_set_gAMA(png, info, c.gamma);
  std::string exif = c.exif;
  if (!exif.empty())
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), reinterpret_cast<png_bytep>(exif.data()));
  std::vector<std::vector<uint8_t>> rows(c.height);
  std::vector<png_bytep> starts;
  const size_t row = c.values.size() / c.height;
  for (size_t y = 0; y < c.height; ++y) {
    for (size_t x = 0; x < row; ++x) {
      const uint16_t value = c.values[y * row + x];
      if (c.bits == 16) rows[y].push_back(static_cast<uint8_t>(value >> 8));
      rows[y].push_back(static_cast<uint8_t>(value));
    }
    starts.push_back(rows[y].data());
  }
  png_write_info(png, info);
  if (c.bits < 8) png_set_packing(png);
  png_write_image(png, starts.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

/// A JPEG file of best quality: values [height, width, channels]; 4 channels are CMYK. `exif` begins with its TIFF header.
inline std::string jpeg_bytes(uint32_t width, uint32_t height, int channels, const std::vector<uint8_t>& values,
                              const std::string& exif = "", bool progressive = false) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (!exif.empty()) {
    const std::string data = std::string("Exif\0\0", 6) + exif;
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(data.data()),
                      static_cast<unsigned>(data.size()));
  }
  for (uint32_t y = 0; y < height; ++y) {
    auto* row = const_cast<uint8_t*>(values.data()) + y * width * static_cast<uint32_t>(channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  const std::string bytes(reinterpret_cast<const char*>(memory), size);
  jpeg_destroy_compress(&info);
  std::free(memory);
  return bytes;
}

/// EXIF data with one entry, the orientation.
inline std::string exif_with(int orientation, bool little_endian = true) {
  const auto number = [&](uint32_t value, size_t size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * (little_endian ? i : size - 1 - i));
    return bytes;
  };
  return (little_endian ? "II" : "MM") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(static_cast<uint32_t>(orientation), 2) + number(0, 2) + number(0, 4);
}

inline std::filesystem::path write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

}  // namespace elbo::host::test
