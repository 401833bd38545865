#include <cstddef>
#include <cstdio>
// After the two above, whose types they use.
#include <jerror.h>
#include <jpeglib.h>

#include <fmt/format.h>

#include <csetjmp>

#include "base/images/decoders.hpp"
#include "base/images/image_file.hpp"

namespace elbo::host::images {
namespace {

constexpr int most_scans = 200;  // of a progressive image; each takes the time of a whole one

/// libjpeg's state for one file in memory. As PngReader: nothing that is handed to guarded() may own anything.
class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = &JpegReader::fail;
    errors_.emit_message = &JpegReader::warn;
    errors_.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = &JpegReader::watch;
    guarded([this, bytes] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_save_markers(&info_, exif_marker, 0xFFFF);
      jpeg_read_header(&info_, TRUE);
    });
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  jpeg_decompress_struct& info() { return info_; }

  template <class F>
  void guarded(F f) {
    if (setjmp(jump_)) {
      if (!is_ready_) jpeg_destroy_decompress(&info_);  // the constructor throws, so that there will be no destructor
      throw BadImage(fmt::format("is damaged: libjpeg says \"{}\"", message_));
    }
    f();
    is_ready_ = true;
  }

  int orientation() const {
    constexpr std::string_view name("Exif\0\0", 6);
    for (const jpeg_marker_struct* marker = info_.marker_list; marker; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == exif_marker && data.starts_with(name)) return exif_orientation(data.substr(name.size()));
    }
    return 1;
  }

 private:
  static constexpr int exif_marker = JPEG_APP0 + 1;

  [[noreturn]] static void fail(j_common_ptr info) {
    auto* reader = static_cast<JpegReader*>(info->client_data);
    info->err->format_message(info, reader->message_);
    std::longjmp(reader->jump_, 1);
  }
  /// After most warnings the image is not what was stored; these two are about bytes beside it.
  static void warn(j_common_ptr info, int level) {
    const int code = info->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) fail(info);
  }
  static void watch(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= most_scans) return;
    auto* reader = static_cast<JpegReader*>(info->client_data);
    std::snprintf(reader->message_, sizeof(reader->message_), "more than %d scans", most_scans);
    std::longjmp(reader->jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  bool is_ready_ = false;
  char message_[JMSG_LENGTH_MAX] = {};
};

}  // namespace

ImageHeader jpeg_header(std::string_view bytes) {
  JpegReader reader(bytes);
  const jpeg_decompress_struct& info = reader.info();
  ImageHeader header{.height = info.image_height, .width = info.image_width};
  // Each block of 8 x 8 values needs one bit at least.
  const double blocks = static_cast<double>(header.height) * static_cast<double>(header.width) / 64;
  check_size(header.height, header.width, info.arith_code ? 0 : blocks / 8, bytes.size());
  if (info.num_components != 1 && info.num_components != 3)
    throw BadImage(fmt::format("has {} colour channels{}", info.num_components,
                               info.num_components == 4 ? " (CMYK, as for print)" : ""));
  header.colour = info.num_components == 3;
  header.mode = header.colour ? "RGB" : "grey";
  header.orientation = reader.orientation();
  return header;
}

Pixels jpeg_pixels(std::string_view bytes) {
  JpegReader reader(bytes);
  jpeg_decompress_struct& info = reader.info();
  const int64_t channels = info.num_components;
  Pixels pixels{.height = info.image_height, .width = info.image_width, .channels = channels};
  pixels.values.reserve(static_cast<size_t>(pixels.height * pixels.width * channels));
  std::vector<JSAMPLE> row(static_cast<size_t>(pixels.width * channels));
  reader.guarded([&info, channels] {
    info.out_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    // The slow, accurate inverse transform is the same on every processor.
    info.dct_method = JDCT_ISLOW;
    info.do_fancy_upsampling = TRUE;
    info.do_block_smoothing = FALSE;
    jpeg_start_decompress(&info);
  });
  for (int64_t y = 0; y < pixels.height; ++y) {
    reader.guarded([&info, &row] {
      JSAMPROW to = row.data();
      jpeg_read_scanlines(&info, &to, 1);
    });
    pixels.values.insert(pixels.values.end(), row.begin(), row.end());
  }
  reader.guarded([&info] { jpeg_finish_decompress(&info); });
  return pixels;
}

}  // namespace elbo::host::images

namespace elbo::host {

std::string jpeg_version() {
#define ELBO_TEXT_OF(x) #x
#define ELBO_TEXT(x) ELBO_TEXT_OF(x)
  return ELBO_TEXT(LIBJPEG_TURBO_VERSION);
#undef ELBO_TEXT
#undef ELBO_TEXT_OF
}

}  // namespace elbo::host
