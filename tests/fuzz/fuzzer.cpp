// The entry of libFuzzer; FUZZ_TARGET is the name of what is fuzzed.
#include <cstdint>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const elbo::host::fuzz::Target& target = elbo::host::fuzz::target(FUZZ_TARGET);
  target.read(std::as_bytes(std::span(bytes, size)));
  return 0;
}
