#include "base/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include <elbo/error.hpp>

namespace elbo::host {

double machine_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double process_memory() {
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return limited ? std::min(machine_memory(), static_cast<double>(limit.rlim_cur)) : machine_memory();
}

double most_unpacked_bytes() { return std::min(4.0 * (1 << 30), process_memory() / 4); }

void check_unpacked_size(double bytes, const std::string& where) {
  if (bytes <= most_unpacked_bytes()) return;
  throw UserError(
      fmt::format("{}: unpacks to more than {:.1f} GB; expected less on this machine; save the values as an npy or "
                  "hdf5 file, which dataset.memory_gb reads by blocks",
                  where, most_unpacked_bytes() / 1e9));
}

}  // namespace elbo::host
