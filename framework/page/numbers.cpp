#include "page/numbers.hpp"

#include <openssl/evp.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace elbo::host::page {
using Json = nlohmann::ordered_json;

Json short_number(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);  // JSON then writes the shortest text that gives this number
}

Json short_numbers(std::span<const double> values) {
  Json all = Json::array();
  for (const double v : values) all.push_back(short_number(v));
  return all;
}

std::vector<size_t> thinned(size_t size, size_t most) {
  std::vector<size_t> places;
  const size_t count = std::min(size, std::max<size_t>(2, most));
  for (size_t i = 0; i < count; ++i) places.push_back(count < 2 ? 0 : i * (size - 1) / (count - 1));
  return places;
}

std::string base64(std::span<const std::byte> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace elbo::host::page
