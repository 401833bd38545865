#include "formats/decoded_file.hpp"

#include <zlib.h>

#include <memory>
#include <span>
#include <string>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/memory.hpp"

namespace elbo::host::formats {
namespace {

[[noreturn]] void refuse_gzip(const std::filesystem::path& file, const std::string& found) {
  throw UserError(file.string() + ": " + found + "; expected a whole gzip file; fetch or copy it again");
}

// gzread() takes a cut or continued file for a good one, so the stream is driven by hand.
std::vector<std::byte> unpacked(const std::filesystem::path& file, std::string packed) {
  z_stream stream{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK) throw Error(file.string() + ": zlib cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, &inflateEnd);

  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::byte> content;
  std::vector<std::byte> block(size_t{1} << 20);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    content.insert(content.end(), block.begin(), block.end() - stream.avail_out);
    check_unpacked_size(static_cast<double>(content.size()), file.string());
  }
  if (status == Z_BUF_ERROR) refuse_gzip(file, "ends in the middle of its compressed data (truncated)");
  if (status != Z_STREAM_END) refuse_gzip(file, std::string("is damaged: ") + (stream.msg ? stream.msg : "not gzip"));
  if (stream.avail_in > 0) refuse_gzip(file, std::to_string(stream.avail_in) + " bytes follow its end");
  return content;
}

}  // namespace

std::vector<std::byte> decoded_bytes(const std::filesystem::path& file) {
  std::string raw = read_file(file);
  if (raw.size() > UINT32_MAX)
    throw UserError(file.string() +
                    ": is larger than 4 GiB; expected less, or an npy or hdf5 file with "
                    "dataset.memory_gb, which is read by blocks");
  if (raw.starts_with("\x1f\x8b")) return unpacked(file, std::move(raw));
  const auto bytes = std::as_bytes(std::span(raw));
  return {bytes.begin(), bytes.end()};
}

}  // namespace elbo::host::formats
