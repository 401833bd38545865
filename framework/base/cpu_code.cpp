#include "base/cpu_code.hpp"

#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace elbo::host {
namespace {

constexpr const char* aten_variable = "ATEN_CPU_CAPABILITY";
constexpr std::array choosing = {aten_variable,        "OPENBLAS_CORETYPE",        "OPENBLAS_L2_SIZE",
                                 "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA",         "MKL_ENABLE_INSTRUCTIONS",
                                 "MKL_DEBUG_CPU_TYPE", "NVPL_BLAS_DEBUG_CPU_TYPE", "BLIS_ARCH_TYPE"};

}  // namespace

std::string aten_capability() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "default";
}

// A choice that is no other than ours is none.
Variables forced_kernels() {
  Variables forced;
  for (const char* name : choosing)
    if (const char* value = std::getenv(name); value && !(name == aten_variable && value == aten_capability()))
      forced.emplace_back(name, value);
  return forced;
}

std::string forced_kernels_warning() {
  std::vector<std::string> settings;
  for (const auto& [name, value] : forced_kernels()) settings.push_back(name + "=" + value);
  if (settings.empty()) return "";
  return "the environment chooses kernels by name, which may be slower ones than this processor's: " +
         join(settings, ", ") + "; unset " + (settings.size() == 1 ? "it" : "them") + " unless meant";
}

Variables kernel_environment() {
  if (std::getenv(aten_variable)) return {};
  return {{aten_variable, aten_capability()}};
}

void unset_forced_kernels() {
  for (const auto& [name, value] : forced_kernels()) ::unsetenv(name.c_str());
}

}  // namespace elbo::host
