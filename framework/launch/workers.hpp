// Runs of a plan in worker processes, a few at once. What a worker does to itself (crash, fail, hang) ends
// its own run only.
#pragma once
#include <filesystem>
#include <vector>

#include "launch/job.hpp"

namespace elbo::launch {

/// Runs `program run <folder>` for each job, `at_once` at a time, and returns a result for each. Free text of
/// the workers goes to log.txt, their ends to done.json or failed.json. A worker that met a full disk, say, or was killed
/// from outside, is started again, `most_retries` times. The first signal to stop (SIGINT,
/// SIGTERM, SIGHUP, SIGUSR1) is passed on to the workers, which finish their step and write a checkpoint, and starts no
/// more; a second Ctrl-C kills them.
std::vector<Result> run_workers(const std::filesystem::path& program, const std::vector<Job>& jobs, size_t at_once,
                                Watcher& watcher);

}  // namespace elbo::launch
