// What is fuzzed: each reader of files that come from outside.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace elbo::host::fuzz {

struct Target {
  std::string name;
  /// Reads the bytes as this kind of file. A refusal in words is well; anything else that is thrown is a fault.
  void (*read)(std::span<const std::byte> bytes);
  std::string seeds_of{};  // the target whose seeds are its own; empty: it has some of its own

  const std::string& seeds() const { return seeds_of.empty() ? name : seeds_of; }
};

const std::vector<Target>& targets();
/// Throws Error when there is none of that name.
const Target& target(const std::string& name);

}  // namespace elbo::host::fuzz
