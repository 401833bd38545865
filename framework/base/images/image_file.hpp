// PNG and JPEG files, through libpng and libjpeg-turbo: what their headers say, and their values as they are stored.
#pragma once
#include <filesystem>
#include <string>

#include "base/images/pixels.hpp"

namespace elbo::host {

/// A PNG or JPEG file whose header has been read. Its first bytes say which, whatever its name.
class ImageFile {
 public:
  /// Throws UserError naming the file: neither format, damaged, CMYK, too large, or more pixels than so short a file can hold.
  explicit ImageFile(const std::filesystem::path& file);

  const ImageHeader& header() const { return header_; }
  /// Gamma and colour profiles are not applied. Throws UserError naming the file: damaged or truncated.
  Pixels pixels() const;
  /// Throws UserError "<file>: <found>; expected a whole PNG or JPEG image, grey or RGB; <remedy>".
  [[noreturn]] void refuse(const std::string& found, const std::string& remedy = "mend it or take it away") const;

 private:
  std::filesystem::path file_;
  std::string bytes_;
  ImageHeader header_;
};

/// The version of libjpeg-turbo: other versions may decode the same file to other values.
std::string jpeg_version();

}  // namespace elbo::host
