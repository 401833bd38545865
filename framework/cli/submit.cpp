#include "cli/submit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/todo.hpp"

namespace elbo::cli {

int submit(const Plan& plan, const std::filesystem::path& out, const EngineChoice& choice, bool failed_too) {
  const auto engine = make_engine(choice.name);
  const Todo todo = todo_of(plan, out, engine->query(out), failed_too);
  store_engine(choice, out);
  fmt::print("{}: {} runs: {} done, {} queued or running, {} failed\n", plan.experiment, plan.runs.size(), todo.done,
             todo.alive, todo.failed);
  if (todo.runs.empty()) return fmt::print("nothing to submit\n"), 0;
  launch::Resources resources = choice.resources;
  for (const Run& run : plan.runs) resources.threads = std::max(resources.threads, run.train.threads);
  const launch::Batch batch = launch::write_batch(out, todo.runs);
  const auto submission = engine->submit(batch, resources);
  fmt::print(
      "submitted {} runs of {} as {}\nelbo status {} says how far they are; elbo resume {} submits what was lost\n",
      todo.runs.size(), batch.file.filename().string(), join(submission.jobs), out.string(), out.string());
  return 0;
}

}  // namespace elbo::cli
