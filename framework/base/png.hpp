// PNG pictures of 8 bits a value, grey or RGB, through libpng.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace elbo::host {

/// The bytes of a PNG file of pixels [height, width, channels] row-major, 8 bits; 1 channel is grey, 3 are RGB.
/// Throws Error: another number of channels or pixels.
std::string png(int64_t width, int64_t height, int64_t channels, std::span<const uint8_t> pixels);
/// The same in a file, which is there whole or not at all. Throws Error: as png(), or a file that cannot be written.
void write_png(const std::filesystem::path& file, int64_t width, int64_t height, int64_t channels,
               std::span<const uint8_t> pixels);

/// A PNG file whose header has been read.
class PngFile {
 public:
  /// Throws UserError naming the file: damaged, of 16 bits a value, transparent, or larger than 16384 pixels a side.
  explicit PngFile(const std::filesystem::path& file);
  ~PngFile();
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  bool has_colour() const;
  size_t height() const;
  size_t width() const;
  /// [height, width, 3] with colour, else [height, width]. To be called once. Throws UserError as the constructor.
  std::vector<uint8_t> pixels(bool colour);
  /// Throws UserError "<file>: <found>; expected a whole grey or RGB image of up to 8 bits a value".
  [[noreturn]] void refuse(const std::string& found) const;

 private:
  struct Image;
  std::filesystem::path file_;
  std::unique_ptr<Image> image_;
};

}  // namespace elbo::host
