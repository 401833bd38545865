#include "cli/todo.hpp"

#include <elbo/error.hpp>

#include "launch/run_folder.hpp"

namespace elbo::cli {
using namespace launch;

Todo todo_of(const Plan& plan, const std::filesystem::path& out, const Jobs& jobs, bool failed_too) {
  Todo todo;
  std::vector<const Run*> open;
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    const RunState state = folder.state();
    const JobState job = jobs.of(run.folder());
    if (state == RunState::done) ++todo.done;
    else if (job == JobState::waiting || job == JobState::running || is_locked(folder.path())) ++todo.alive;
    else if (state == RunState::failed && !failed_too) ++todo.failed;
    else if (job == JobState::unknown)
      throw Error(
          jobs.silence +
          "; its jobs are unknown, so nothing was submitted and nothing is taken for finished; try again later");
    else open.push_back(&run);
  }
  for (const Run* run : open) {
    RunFolder(out / run->folder()).prepare(to_json(*run).dump(2) + "\n");
    todo.runs.push_back(run->folder());
  }
  return todo;
}

}  // namespace elbo::cli
