#include "base/cpu_code.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <elbo/error.hpp>

#include <elbo/cpu_level.hpp>
#include "base/text.hpp"

namespace elbo::host {
namespace {

constexpr const char* limit_variable = "ELBO_CPU";
constexpr std::array<const char*, 3> names = {"baseline", "avx2", "avx512"};
constexpr const char* aten_variable = "ATEN_CPU_CAPABILITY";
constexpr std::array choosing = {aten_variable,        "OPENBLAS_CORETYPE",        "OPENBLAS_L2_SIZE",
                                 "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA",         "MKL_ENABLE_INSTRUCTIONS",
                                 "MKL_DEBUG_CPU_TYPE", "NVPL_BLAS_DEBUG_CPU_TYPE", "BLIS_ARCH_TYPE"};

}  // namespace

std::string aten_capability() {
  return cpu_level() == CpuLevel::baseline ? "default" : names[static_cast<size_t>(cpu_level())];
}

void cpu_limit_must_be_possible() {
  const char* value = std::getenv(limit_variable);
  if (!value || !*value) return;
  const std::string wanted = value, widest = names[static_cast<size_t>(widest_cpu_level())];
  const auto known = std::find(names.begin(), names.end(), wanted);
  if (known == names.end())
    throw UserError(std::string(limit_variable) + " is '" + wanted + "'; expected " +
                    join(std::vector<std::string>(names.begin(), names.end()), " or ") +
                    ": the widest vector instructions to use; or unset it");
  if (static_cast<size_t>(known - names.begin()) > static_cast<size_t>(widest_cpu_level()))
    throw UserError(std::string(limit_variable) + " is " + wanted +
                    ", but the widest vector instructions of this processor are " + widest + "; expected " + widest +
                    " or less; or unset it");
}

namespace {

/// What limits oneDNN and OpenBLAS goes with a limit only: what they choose by themselves is the best there is.
Variables our_kernels() {
  Variables all = {{aten_variable, aten_capability()}};
  if (cpu_level() == widest_cpu_level()) return all;
  const bool avx2 = cpu_level() == CpuLevel::avx2;
  all.insert(all.end(),
             {{"DNNL_MAX_CPU_ISA", avx2 ? "AVX2" : "SSE41"}, {"OPENBLAS_CORETYPE", avx2 ? "Haswell" : "Nehalem"}});
  return all;
}

}  // namespace

// A choice that is no other than ours is none.
Variables forced_kernels() {
  const Variables ours = our_kernels();
  Variables forced;
  for (const char* name : choosing) {
    const char* value = std::getenv(name);
    if (value && std::find(ours.begin(), ours.end(), std::pair<std::string, std::string>(name, value)) == ours.end())
      forced.emplace_back(name, value);
  }
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
  Variables all = our_kernels();
  if (cpu_level() < widest_cpu_level())
    return all;  // the limit is one for everything, whatever else is said of one library
  std::erase_if(all, [](const auto& variable) { return std::getenv(variable.first.c_str()); });
  return all;
}

// Loading libtorch allocates some 60 MB and evaluating large tensors: with pages of 4 kB a quarter of a short run is page faults.
void give_large_pages_to_children() { ::setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0); }

void unset_forced_kernels() {
  for (const auto& [name, value] : forced_kernels()) ::unsetenv(name.c_str());
}

}  // namespace elbo::host
