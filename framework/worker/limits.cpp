#include "worker/limits.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "base/memory.hpp"

namespace elbo::worker {

void crash_silently() {
#ifndef __SANITIZE_ADDRESS__  // whose words are wanted
  for (const int crash : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) signal(crash, SIG_DFL);
#endif
}

void set_limits(const TrainConfig& config) {
  signal(SIGXFSZ, SIG_IGN);
  std::ofstream("/proc/self/oom_score_adj") << 500;
#ifndef __SANITIZE_ADDRESS__  // which asks for terabytes that it never touches
  const double bytes = config.memory_limit_gb > 0 ? config.memory_limit_gb * 1e9 : machine_memory();
  // Private writable memory: unlike the address space, it does not count the libraries.
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(bytes));
  setrlimit(RLIMIT_DATA, &limit);
#else
  (void)config;
#endif
}

}  // namespace elbo::worker
