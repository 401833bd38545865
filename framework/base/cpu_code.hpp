// Which code for this processor the libraries of numbers choose, and the environment variables that change the choice.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace elbo::host {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// ELBO_CPU is the widest instruction set that everything may use: baseline, avx2 or avx512. Throws UserError where it is something else,
/// or more than this processor has.
void cpu_limit_must_be_possible();

/// The widest vectors that libtorch's elementwise loops can use here, under ELBO_CPU: "avx512", "avx2" or "default", as its variable
/// ATEN_CPU_CAPABILITY names them. By itself libtorch 1.13 stops at AVX2.
std::string aten_capability();

/// The set variables that choose kernels by name instead of by processor; each may force slower ones.
Variables forced_kernels();
/// "OPENBLAS_CORETYPE=Haswell chooses kernels ...; unset it"; empty when nothing is forced.
std::string forced_kernels_warning();

/// Variables with which a program of ours that loads libtorch starts: ATEN_CPU_CAPABILITY and, where ELBO_CPU is less than the processor
/// has, what limits oneDNN and OpenBLAS likewise. Without ELBO_CPU, what is set stays.
Variables kernel_environment();

/// Programs that this one starts get the memory that they allocate in pages of 2 MB where the kernel has them, unless GLIBC_TUNABLES is set.
void give_large_pages_to_children();

/// Unsets what is forced, so that a measurement is of the processor.
void unset_forced_kernels();

}  // namespace elbo::host
