// Tensors by name in a file of numbers alone: a JSON header and then the values, in the layout of safetensors. Reading one runs no code.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include <elbo/component.hpp>

namespace elbo::host {

struct TensorFile {
  NamedTensors tensors;  // on the CPU, in the order of the file
  std::map<std::string, std::string> texts;

  /// Throws Error where it is not there, or where its shape is another than `like` has.
  const Tensor& tensor(const std::string& name, const Tensor& like) const;
  /// Empty where it is not there.
  std::string text(const std::string& name) const;
};

/// The content of the file, the same bytes for the same tensors.
std::string packed(const TensorFile& file);
/// Throws Error, in words that go after the file's name, for all that packed() does not write.
TensorFile unpacked(std::string_view content);

}  // namespace elbo::host
