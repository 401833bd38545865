#include "data/stored.hpp"

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "data/decoded_file.hpp"
#include "data/formats.hpp"
#include "data/locate.hpp"

namespace elbo::data {
namespace {

const Format& format_of(const Description& description) {
  if (const Format* format = find_format(description.format)) return *format;
  throw Error(description.name + ": has no files of format '" + description.format + "'");
}

Request request_for(const Description& description, const Description::File& file) {
  return {.path = locate(description, file),
          .part = file.dataset,
          .labels = file.role.ends_with("labels"),
          .values = description.shape.empty() ? 0 : numel(description.shape)};
}

}  // namespace

std::span<const std::byte> bytes_of(const Array& array) {
  return std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, array.values);
}

void check_md5(const Description::File& file, const std::string& found, const std::string& where) {
  if (file.md5.empty() || file.md5 == found) return;
  throw UserError(where + ": its decoded content has MD5 " + found + "; expected " + file.md5 +
                  "; it is damaged or another version: fetch it again");
}

Array read_stored(const Description& description, const Description::File& file) {
  const Format& format = format_of(description);
  const Request request = request_for(description, file);
  if (format.parse && !format.container) {
    const std::vector<std::byte> bytes = decoded_bytes(request.path);
    if (!file.md5.empty()) check_md5(file, md5(bytes), request.path.string());
    return format.parse(bytes, request);
  }
  Array array = read_with(format, request);
  if (!file.md5.empty()) check_md5(file, md5(bytes_of(array)), request.path.string() + ":" + file.dataset);
  return array;
}

std::string content_md5(const Description& description, const Description::File& file) {
  const Format& format = format_of(description);
  const Request request = request_for(description, file);
  // Different parts of one file have the file's checksum, unless it is one of their values.
  const std::string part = format.container || file.dataset.empty() ? "" : " " + file.dataset;
  if (!file.md5.empty()) return file.md5 + part;
  if (format.container) return md5(bytes_of(read_with(format, request)));
  return md5(decoded_bytes(request.path)) + part;
}

}  // namespace elbo::data
