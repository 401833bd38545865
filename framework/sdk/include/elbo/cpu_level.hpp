// Which vector instructions the loops of elbo use, and those of plugins may.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace elbo {

enum class CpuLevel { baseline, avx2, avx512 };

/// The widest that this processor has, as GCC's x86-64-v3 (with FMA) and x86-64-v4 define them.
inline CpuLevel widest_cpu_level() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return CpuLevel::avx512;
  if (__builtin_cpu_supports("x86-64-v3")) return CpuLevel::avx2;
#endif
  return CpuLevel::baseline;
}

/// The same, no wider than ELBO_CPU (baseline, avx2 or avx512) where the environment has it; as it was at the first call.
inline CpuLevel cpu_level() {
  static const CpuLevel level = [] {
    const char* limit = std::getenv("ELBO_CPU");
    const std::string_view most = limit ? limit : "";
    return std::min(widest_cpu_level(), most == "baseline" ? CpuLevel::baseline
                                        : most == "avx2"   ? CpuLevel::avx2
                                                           : CpuLevel::avx512);
  }();
  return level;
}

}  // namespace elbo
