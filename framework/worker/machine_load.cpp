#include "worker/machine_load.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace elbo::worker {
namespace fs = std::filesystem;
namespace {

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Seconds that this thread has waited in the queue of a processor.
std::optional<double> seconds_waited() {
  std::ifstream in("/proc/thread-self/schedstat");
  double ran = 0, waited = 0;  // nanoseconds
  if (!(in >> ran >> waited)) return {};
  return 1e-9 * waited;
}

bool is_process(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// Processes of the same program, without this one.
int64_t same_program() {
  const std::string own = first_line("/proc/self/comm");
  int64_t count = 0;
  std::error_code error;
  for (auto it = fs::directory_iterator("/proc", error); !error && it != fs::directory_iterator(); it.increment(error))
    count += is_process(it->path()) && first_line(it->path() / "comm") == own &&
             it->path().filename() != std::to_string(getpid());
  return count;
}

}  // namespace

MachineLoad::MachineLoad() : waited_before_(seconds_waited()) { look(); }

void MachineLoad::look() {
  if (looked_ != Clock::time_point{} && Clock::now() - looked_ < std::chrono::seconds(1)) return;
  looked_ = Clock::now();
  runs_beside_ = std::max(runs_beside_, same_program());
}

std::optional<double> MachineLoad::waited() const {
  const auto now = seconds_waited();
  const double since = std::chrono::duration<double>(Clock::now() - begun_).count();
  if (!now || !waited_before_ || !(since > 0)) return {};
  return std::max(0.0, *now - *waited_before_) / since;
}

double MachineLoad::average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace elbo::worker
