#include "data/stored.hpp"

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "data/decoded_file.hpp"
#include "data/hdf5_reader.hpp"
#include "data/idx.hpp"
#include "data/locate.hpp"

namespace elbo::data {

std::span<const std::byte> bytes_of(const Array& array) {
  return std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, array.values);
}

void check_md5(const Description::File& file, const std::string& found, const std::string& where) {
  if (file.md5.empty() || file.md5 == found) return;
  throw UserError(where + ": its decoded content has MD5 " + found + "; expected " + file.md5 +
                  "; it is damaged or another version: fetch it again");
}

Array read_stored(const Description& description, const Description::File& file) {
  const std::filesystem::path path = locate(description, file);
  if (description.format == "hdf5") {
    Array array = read_hdf5(path, file.dataset);
    if (!file.md5.empty()) check_md5(file, md5(bytes_of(array)), path.string() + ":" + file.dataset);
    return array;
  }
  const std::vector<std::byte> bytes = decoded_bytes(path);
  if (!file.md5.empty()) check_md5(file, md5(bytes), path.string());
  return parse_idx(bytes, path);
}

std::string content_md5(const Description& description, const Description::File& file) {
  const std::filesystem::path path = locate(description, file);
  if (!file.md5.empty()) return file.md5;
  if (description.format == "hdf5") return md5(bytes_of(read_hdf5(path, file.dataset)));
  return md5(decoded_bytes(path));
}

}  // namespace elbo::data
