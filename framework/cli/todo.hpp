// What of a plan is still to be done.
#pragma once
#include "launch/engine.hpp"
#include "plan/plan.hpp"

namespace elbo::cli {

struct Todo {
  std::vector<std::string> runs;  // their folders, made ready for a worker
  size_t done = 0, alive = 0, failed = 0;
};

/// Plan - done - alive (- failed, unless failed_too). Throws Error when a run is in question and the engine did not answer:
/// it may well be alive.
Todo todo_of(const Plan& plan, const std::filesystem::path& out, const launch::Jobs& jobs, bool failed_too);

}  // namespace elbo::cli
