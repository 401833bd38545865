#include "launch/slurm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
namespace {

constexpr size_t default_array = 1001;

/// The queue did not answer.
struct Unanswered : Error {
  using Error::Error;
};

/// A controller that is away keeps each command waiting for some 10 s; one that hangs, for ever.
std::chrono::seconds patience() {
  const char* set = std::getenv("ELBO_SLURM_TIMEOUT");
  const long seconds = set ? std::strtol(set, nullptr, 10) : 0;
  return std::chrono::seconds(seconds > 0 ? seconds : 60);
}

/// What the command printed. Throws Unanswered when it failed or did not end.
std::string ask(const std::vector<std::string>& command) {
  if (!find_program(command[0]))
    throw Unanswered(fmt::format(
        "slurm: there is no {} on PATH; expected Slurm's commands; use a computer of the cluster", command[0]));
  const Ended ended = run_to_end(command, patience());
  if (ended.succeeded()) return ended.out;
  const std::string reason = ended.timed_out ? fmt::format("gave no answer within {} s", patience().count())
                                             : "failed: " + ended.err.substr(0, ended.err.find('\n'));
  throw Unanswered("slurm: " + command[0] + " " + reason);
}

/// Of all jobs of one experiment, whoever submitted them: job ids are given anew after a lost controller.
std::string job_name(const fs::path& experiment) {
  return "elbo-" + sha256(fs::absolute(experiment).lexically_normal().string()).substr(0, 12);
}

/// Array indices go to MaxArraySize - 1.
size_t largest_array() {
  const std::string config = ask({"scontrol", "show", "config"});
  const size_t at = config.find("MaxArraySize");
  const size_t equals = at == std::string::npos ? at : config.find('=', at);
  if (equals == std::string::npos) return default_array - 1;
  return std::max<size_t>(2, std::strtoul(config.c_str() + equals + 1, nullptr, 10)) - 1;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// What a job stands for, as it is kept in its comment.
std::string comment(const Batch& batch, const Resources& resources, size_t first) {
  return fmt::format("{};{};{}", batch.file.string(), resources.items_per_task, first);
}

JobState state_of(const std::string& word) {
  for (const char* running : {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"})
    if (word == running) return JobState::running;
  for (const char* waiting : {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD"})
    if (word == waiting) return JobState::waiting;
  return JobState::gone;
}

/// "3;cluster" -> "3"
std::string job_id(const std::string& printed) {
  std::string id = printed.substr(0, printed.find_first_of(";\n"));
  if (id.empty()) throw Error("slurm: sbatch printed no job id; expected one; see sbatch(1) --parsable");
  return id;
}

constexpr const char* task_script = R"sh(#!/bin/bash
# elbo: the runs of one task of a batch. Arguments: the program, the batch, runs a task, the first task of this array.
exec "$1" work "$2" --items-per-task "$3" --task $(($4 + SLURM_ARRAY_TASK_ID))
)sh";

}  // namespace

std::string Slurm::submit_part(const Batch& batch, const Resources& resources, size_t first, size_t tasks) const {
  const fs::path script = batch.file.parent_path() / "task.sh";
  write_atomically(script, task_script);
  std::string array = fmt::format("0-{}", tasks - 1);
  if (resources.throttle > 0) array += fmt::format("%{}", resources.throttle);
  std::vector<std::string> command = {"sbatch",
                                      "--parsable",
                                      "--job-name=" + job_name(batch.experiment),
                                      "--comment=" + comment(batch, resources, first),
                                      "--array=" + array,
                                      fmt::format("--cpus-per-task={}", resources.threads),
                                      "--requeue",
                                      "--open-mode=append",
                                      "--signal=B:USR1@60",
                                      "--output=" + batch.file.string() + ".%A_%a.out"};
  command.insert(command.end(), resources.arguments.begin(), resources.arguments.end());
  for (const std::string& word : {script.string(), program_.string(), batch.file.string(),
                                  std::to_string(resources.items_per_task), std::to_string(first)})
    command.push_back(word);
  return job_id(ask(command));
}

// afterany: after a failed task, afterok would never come true.
std::string Slurm::submit_merge(const Batch& batch, const Resources& resources,
                                const std::vector<std::string>& after) const {
  const fs::path script = batch.file.parent_path() / "merge.sh";
  write_atomically(script,
                   "#!/bin/bash\n# elbo: arguments: the program, the experiment's folder.\nexec \"$1\" merge \"$2\"\n");
  std::vector<std::string> command = {"sbatch",
                                      "--parsable",
                                      "--job-name=" + job_name(batch.experiment),
                                      "--comment=merge",
                                      "--dependency=afterany:" + join(after, ":"),
                                      "--output=" + batch.file.string() + ".merge.out"};
  command.insert(command.end(), resources.arguments.begin(), resources.arguments.end());
  for (const std::string& word : {script.string(), program_.string(), batch.experiment.string()})
    command.push_back(word);
  return job_id(ask(command));
}

Submission Slurm::submit(const Batch& batch, const Resources& resources) {
  const size_t tasks = batch.tasks(resources.items_per_task), most = largest_array();
  Submission submission;
  std::vector<std::string>& jobs = submission.jobs;
  try {
    for (size_t first = 0; first < tasks; first += most)
      jobs.push_back(submit_part(batch, resources, first, std::min(most, tasks - first)));
    jobs.push_back(submit_merge(batch, resources, jobs));
  } catch (const Unanswered& error) {
    throw Error(fmt::format("{}; expected all {} tasks and the merge to be taken, and {}; elbo resume submits the rest",
                            error.what(), tasks, jobs.empty() ? "none was" : "only " + join(jobs) + " were"));
  }
  return submission;
}

Jobs Slurm::query(const fs::path& experiment) try {
  const std::string listed =
      ask({"squeue", "--noheader", "--array", "--name=" + job_name(experiment), "--format=%K|%T|%k"});
  Jobs jobs;
  std::map<std::string, Batch> batches;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split(line, '|');
    const auto place = fields.size() == 3 ? split(fields[2], ';') : std::vector<std::string>();
    if (place.size() != 3 || state_of(fields[1]) == JobState::gone || !fs::exists(place[0])) continue;
    if (!batches.contains(place[0])) batches[place[0]] = read_batch(place[0]);
    const size_t task = std::strtoul(fields[0].c_str(), nullptr, 10) + std::strtoul(place[2].c_str(), nullptr, 10);
    const int64_t items_per_task = std::max(1L, std::strtol(place[1].c_str(), nullptr, 10));
    for (const std::string& run : batches.at(place[0]).of_task(task, items_per_task).runs)
      jobs.runs[run] = state_of(fields[1]);
  }
  return jobs;
} catch (const Unanswered& error) {
  return {.runs = {}, .silence = error.what()};
}

void Slurm::cancel(const fs::path& experiment) { ask({"scancel", "--name=" + job_name(experiment)}); }

}  // namespace elbo::launch
