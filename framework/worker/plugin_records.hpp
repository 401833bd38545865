// What is known of a run's plugins before it trains: whether their densities sum to 1, and what elbo plugins check said of them.
#pragma once
#include <atomic>
#include <vector>

#include "log/run_log.hpp"
#include "plan/run.hpp"

namespace elbo::worker {

/// One for each library of the run, in the order of for_each_library(). What was not checked before is checked in child processes, which may crash or
/// hang; the outcome is kept for later runs. To be called while this process has no second thread. Returns soon after `stop` is set.
std::vector<log::PluginRecord> plugin_records(const Run& run, const std::atomic<bool>& stop);

}  // namespace elbo::worker
