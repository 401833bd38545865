#include "base/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace elbo::host {

double machine_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double process_memory() {
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return limited ? std::min(machine_memory(), static_cast<double>(limit.rlim_cur)) : machine_memory();
}

}  // namespace elbo::host
