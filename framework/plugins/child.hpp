#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace elbo::plugins {

/// A child process that has ended.
struct Ended {
  int status = 0;          // as waitpid gives it
  bool timed_out = false;  // killed at the limit
  std::string out, err;    // the first 16 MiB of each
};

/// Runs a program with its arguments and an empty standard input, and kills it at the limit.
/// Throws Error naming the program when it cannot be started.
Ended run_child(const std::vector<std::string>& command, std::chrono::milliseconds limit);

}  // namespace elbo::plugins
