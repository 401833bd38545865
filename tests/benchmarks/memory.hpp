// What a piece of work allocates in tensors, counted by libtorch's own allocator.
#pragma once
#include <cstdint>
#include <functional>

namespace elbo::host::bench {

struct Memory {
  int64_t allocated = 0;  // bytes in all, freed ones too
  int64_t peak = 0;       // bytes at once, beyond those before
};

/// Calls it once.
Memory memory_of(const std::function<void()>& once);

/// The process's greatest resident size so far, bytes.
int64_t peak_resident();

}  // namespace elbo::host::bench
