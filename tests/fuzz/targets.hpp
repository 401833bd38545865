// What is fuzzed: each reader of files that come from outside.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace elbo::host::fuzz {

struct Target {
  std::string name;  // of its folder of seeds
  /// Reads the bytes as this kind of file. A refusal in words is well; anything else that is thrown is a fault.
  void (*read)(std::span<const std::byte> bytes);
};

const std::vector<Target>& targets();
/// Throws Error when there is none of that name.
const Target& target(const std::string& name);

}  // namespace elbo::host::fuzz
