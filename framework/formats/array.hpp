// An array of numbers in memory, and what is known of one inside a file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <elbo/observation.hpp>

namespace elbo::formats {

/// A row-major array, its first dimension the data.
struct Array {
  Shape shape;  // [N, X...]
  std::variant<std::vector<uint8_t>, std::vector<float>> values;
  std::vector<std::string> columns{};  // their names, where the file has a header
  int64_t rows() const { return shape.empty() ? 0 : shape[0]; }
};

/// The values as bytes, in memory order.
inline std::span<const std::byte> value_bytes(const Array& array) {
  return std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, array.values);
}

/// One array inside a container.
struct Part {
  std::string name;
  Shape shape;
  std::string type;        // "uint8", "float32", "int64, sparse", "labels", ...; empty when it holds no numbers
  std::string fault = {};  // where that is known, why it holds none
};

}  // namespace elbo::formats
