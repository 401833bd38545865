#include "benchmarks/memory.hpp"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <sys/resource.h>
#include <torch/version.h>

#include <algorithm>

#include "kernels/suppress_warnings.hpp"

namespace elbo::host::bench {
namespace {

#if TORCH_VERSION_MAJOR >= 2
using Total = size_t;
#else
using Total = int64_t;
#endif

class Counter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t size, Total, Total, c10::Device) override {
    if (size > 0) seen.allocated += size;
    present_ += size;
    seen.peak = std::max(seen.peak, present_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  Memory seen;

 private:
  int64_t present_ = 0;
};

}  // namespace

Memory memory_of(const std::function<void()>& once) {
  const auto counter = std::make_shared<Counter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
  const kernels::SuppressWarnings quiet;  // which has a word for every tensor that was there before
  once();
  return counter->seen;
}

int64_t peak_resident() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace elbo::host::bench
