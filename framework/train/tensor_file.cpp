#include "train/tensor_file.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include <elbo/error.hpp>

#include "base/json.hpp"

namespace elbo::host {

namespace {

constexpr size_t length_size = 8;  // of the header, in bytes, least significant first
constexpr size_t alignment = 8;    // of the first value
constexpr const char* texts_of_file = "__metadata__";

constexpr std::pair<at::ScalarType, const char*> types[] = {
    {at::kDouble, "F64"}, {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}, {at::kLong, "I64"},
    {at::kInt, "I32"},    {at::kShort, "I16"}, {at::kChar, "I8"},  {at::kByte, "U8"},       {at::kBool, "BOOL"}};

const char* name_of(at::ScalarType type) {
  for (const auto& [known, name] : types)
    if (known == type) return name;
  throw Error(std::string("a tensor of type ") + c10::toString(type) + " cannot be stored");
}

[[noreturn]] void refuse(const std::string& found) { throw Error(found + "; expected tensors as elbo stores them"); }

at::ScalarType type_of(const std::string& name) {
  for (const auto& [type, known] : types)
    if (name == known) return type;
  refuse("holds values of type '" + name.substr(0, 20) + "'");
}

std::string length_of(size_t header) {
  std::string bytes(length_size, '\0');
  for (size_t i = 0; i < length_size; ++i) bytes[i] = static_cast<char>(header >> (8 * i) & 0xFF);
  return bytes;
}

size_t length_in(std::string_view content) {
  size_t length = 0;
  for (size_t i = 0; i < length_size; ++i) length |= size_t{static_cast<unsigned char>(content[i])} << (8 * i);
  return length;
}

nlohmann::ordered_json header_in(std::string_view text) {
  const nlohmann::ordered_json header = json_or_discarded(text);
  if (!header.is_object()) refuse("has a header that is not JSON, or nests too deep");
  return header;
}

/// As many as the shape says; nothing where that is more than there can be.
size_t bytes_of(const Shape& shape, at::ScalarType type) {
  size_t bytes = c10::elementSize(type);
  for (const int64_t n : shape) {
    if (n < 0 || (n > 0 && bytes > std::numeric_limits<size_t>::max() / static_cast<size_t>(n)))
      refuse("has a tensor of shape " + to_string(shape));
    bytes *= static_cast<size_t>(n);
  }
  return bytes;
}

Tensor tensor_in(const nlohmann::ordered_json& described, std::string_view values) {
  const at::ScalarType type = type_of(described.at("dtype").get<std::string>());
  const auto shape = described.at("shape").get<Shape>();
  const auto [first, last] = described.at("data_offsets").get<std::pair<size_t, size_t>>();
  if (first > last || last > values.size()) refuse("ends before its tensors do");
  if (bytes_of(shape, type) != last - first) refuse("has a tensor whose size is not that of its shape");
  Tensor t = at::empty(shape, at::TensorOptions(type));
  if (last > first) std::memcpy(t.data_ptr(), values.data() + first, last - first);
  return t;
}

}  // namespace

const Tensor& TensorFile::tensor(const std::string& name, const Tensor& like) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& one) { return one.first == name; });
  if (found == tensors.end()) throw Error("there is no tensor '" + name + "'");
  const Tensor& stored = found->second;
  if (like.defined() && stored.sizes() != like.sizes())
    throw Error(fmt::format("'{}' has shape {} where the model has {}", name, to_string(Shape(stored.sizes().vec())),
                            to_string(Shape(like.sizes().vec()))));
  return stored;
}

std::string TensorFile::text(const std::string& name) const {
  const auto found = texts.find(name);
  return found == texts.end() ? "" : found->second;
}

std::string packed(const TensorFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.texts.empty()) header[texts_of_file] = file.texts;
  std::string values;
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor t = tensor.detach().to(at::kCPU).contiguous();
    const size_t first = values.size();
    if (t.numel() > 0) values.append(static_cast<const char*>(t.data_ptr()), t.nbytes());
    header[name] = {
        {"dtype", name_of(t.scalar_type())}, {"shape", t.sizes().vec()}, {"data_offsets", {first, values.size()}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
  return length_of(text.size()) + text + values;
}

TensorFile unpacked(std::string_view content) {
  if (content.starts_with("PK")) refuse("is an archive that may hold code");
  if (content.size() < length_size) refuse("is too short");
  const size_t length = length_in(content);
  if (length > content.size() - length_size) refuse("ends within its header");
  const std::string_view values = content.substr(length_size + length);
  TensorFile file;
  try {
    const nlohmann::ordered_json header = header_in(content.substr(length_size, length));
    for (const auto& [name, described] : header.items()) {
      if (name == texts_of_file) file.texts = described.get<std::map<std::string, std::string>>();
      else file.tensors.emplace_back(name, tensor_in(described, values));
    }
  } catch (const nlohmann::ordered_json::exception&) {
    refuse("has a header that does not describe tensors");
  }
  return file;
}

}  // namespace elbo::host
