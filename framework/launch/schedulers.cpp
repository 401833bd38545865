#include <fmt/format.h>

#include <signal.h>
#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "launch/schedulers.hpp"
#include "launch/status.hpp"
#include "launch/workers.hpp"
#include "plan/run.hpp"

namespace elbo::host::launch {
namespace fs = std::filesystem;
namespace {

struct Work {
  std::vector<Job> jobs;
  std::vector<std::string> names;
};

/// A run that is finished or has failed is not begun again, however often a queue starts its task.
Work work_of(const JobBatch& batch) {
  const bool one_seed = read_planned(batch.experiment).has_one_seed();
  Work work;
  for (const std::string& name : batch.runs) {
    const RunFolder folder(batch.experiment / name);
    const RunState state = folder.state();
    if (state == RunState::done || state == RunState::failed) continue;
    const Run run = read_run(folder.path());
    work.jobs.push_back({folder, run.train.threads, run.train.time_limit_seconds});
    work.names.push_back(display_name(run.variant, run.seed, one_seed));
  }
  return work;
}

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

/// What a job stands for, as it is kept in its comment: of the folder, which may have any character in its path, the batch's own name alone.
std::string comment(const JobBatch& batch, const Resources& resources, size_t first) {
  return fmt::format("{};{};{}", batch.file.filename().string(), resources.items_per_task, first);
}

/// Where the words of a task go. Slurm's patterns begin with a percent sign, and a backslash switches them off.
std::string output_option(const JobBatch& batch, const std::string& end) {
  std::string path;
  for (const char letter : batch.file.string()) path += letter == '%' ? "%%" : std::string(1, letter);
  return "--output=" + path + end;
}

/// By their reasons: "JobHeldUser", "JobHeldAdmin", "launch failed requeued held" and their like.
bool is_held(const std::string& state, const std::string& reason) {
  return state == "REQUEUE_HOLD" || state == "SPECIAL_EXIT" ||
         (state == "PENDING" && (reason.find("Held") != std::string::npos || reason.find("held") != std::string::npos));
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

size_t JobBatch::tasks(int64_t items_per_task) const {
  const auto m = static_cast<size_t>(items_per_task);
  return (runs.size() + m - 1) / m;
}

JobBatch JobBatch::of_task(size_t task, int64_t items_per_task) const {
  const size_t m = static_cast<size_t>(items_per_task), first = std::min(runs.size(), task * m);
  const auto begin = runs.begin() + static_cast<std::ptrdiff_t>(first);
  return {experiment, file, {begin, begin + static_cast<std::ptrdiff_t>(std::min(m, runs.size() - first))}};
}

JobBatch write_batch(const fs::path& experiment, const std::vector<std::string>& runs) {
  const fs::path folder = fs::absolute(experiment).lexically_normal() / "batches";
  fs::create_directories(folder);
  int number = 1;
  while (fs::exists(folder / ("batch-" + std::to_string(number) + ".txt"))) ++number;
  JobBatch batch{folder.parent_path(), folder / ("batch-" + std::to_string(number) + ".txt"), runs};
  write_atomically(batch.file, join(runs, "\n") + "\n");
  return batch;
}

JobBatch read_batch(const fs::path& file) {
  JobBatch batch{file.parent_path().parent_path(), file, {}};
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) batch.runs.push_back(line);
  return batch;
}

JobState Jobs::of(const std::string& run) const {
  if (!silence.empty()) return JobState::unknown;
  const auto found = runs.find(run);
  return found == runs.end() ? JobState::gone : found->second;
}

std::string Jobs::held_jobs() const {
  std::vector<std::string> words;
  for (const auto& [job, reason] : held) words.push_back(fmt::format("job {} ({})", job, reason));
  return join(words);
}

size_t runs_at_once(int64_t threads) {
  return std::max<size_t>(1, std::thread::hardware_concurrency() / static_cast<size_t>(std::max<int64_t>(1, threads)));
}

Submission Local::submit(const JobBatch& batch, const Resources& resources) {
  const Work work = work_of(batch);
  const size_t at_once =
      resources.throttle > 0 ? static_cast<size_t>(resources.throttle) : runs_at_once(resources.threads);
  ProgressDisplay progress(work.names, style_, std::cout, real_surroundings());
  Submission submission;
  for (const WorkerResult& result : run_workers(worker_, work.jobs, at_once, progress)) {
    submission.failed |= result.outcome == Outcome::failed;
    submission.stopped |= result.outcome == Outcome::stopped || result.outcome == Outcome::not_started;
  }
  return submission;
}

Jobs Local::query(const fs::path& experiment) {
  Jobs jobs;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(experiment, none))
    if (is_locked(entry.path())) jobs.runs[entry.path().filename()] = JobState::running;
  return jobs;
}

void Local::cancel(const fs::path& experiment) {
  const auto holder = lock_holder(experiment);
  if (!holder) throw UserError(experiment.string() + ": nobody is at work here; expected an elbo run to stop");
  if (!holder->is_here)
    throw UserError(experiment.string() + ": process " + std::to_string(holder->process) + " on " + holder->host +
                    " is at work here; expected one of this computer; stop it there");
  kill(holder->process, SIGTERM);
}

std::string Slurm::submit_part(const JobBatch& batch, const Resources& resources, size_t first, size_t tasks) const {
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
                                      "--signal=B:USR1@60"};
  command.push_back(output_option(batch, ".%A_%a.out"));
  command.insert(command.end(), resources.arguments.begin(), resources.arguments.end());
  for (const std::string& word : {script.string(), program_.string(), batch.file.string(),
                                  std::to_string(resources.items_per_task), std::to_string(first)})
    command.push_back(word);
  return job_id(ask(command));
}

// afterany: after a failed task, afterok would never come true.
std::string Slurm::submit_successor(const JobBatch& batch, const Resources& resources,
                                    const std::vector<std::string>& after) const {
  const std::string name = resources.adds_runs ? "look" : "merge";
  const fs::path script = batch.file.parent_path() / (name + ".sh");
  write_atomically(script,
                   fmt::format("#!/bin/bash\n# elbo: arguments: the program, the experiment's folder.\n"
                               "exec \"$1\" {} \"$2\"{}\n",
                               resources.adds_runs ? "resume" : "merge", resources.adds_runs ? " --next-look" : ""));
  std::vector<std::string> command = {"sbatch", "--parsable", "--job-name=" + job_name(batch.experiment),
                                      "--comment=" + name, "--dependency=afterany:" + join(after, ":")};
  command.push_back(output_option(batch, "." + name + ".out"));
  command.insert(command.end(), resources.arguments.begin(), resources.arguments.end());
  for (const std::string& word : {script.string(), program_.string(), batch.experiment.string()})
    command.push_back(word);
  return job_id(ask(command));
}

Submission Slurm::submit(const JobBatch& batch, const Resources& resources) {
  if (batch.file.string().find_first_of("\\\n") != std::string::npos)
    throw UserError(
        batch.experiment.string() +
        ": has a backslash or a line break in its path; expected a path that Slurm's names of output files can "
        "hold; choose another folder by --out");
  const size_t tasks = batch.tasks(resources.items_per_task), most = largest_array();
  Submission submission;
  std::vector<std::string>& jobs = submission.jobs;
  try {
    for (size_t first = 0; first < tasks; first += most)
      jobs.push_back(submit_part(batch, resources, first, std::min(most, tasks - first)));
    jobs.push_back(submit_successor(batch, resources, jobs));
  } catch (const Unanswered& error) {
    throw Error(fmt::format("{}; expected all {} tasks and the merge to be taken, and {}; elbo resume submits the rest",
                            error.what(), tasks, jobs.empty() ? "none was" : "only " + join(jobs) + " were"));
  }
  return submission;
}

Jobs Slurm::query(const fs::path& experiment) try {
  const std::string listed =
      ask({"squeue", "--noheader", "--array", "--name=" + job_name(experiment), "--format=%F|%K|%T|%r|%k"});
  Jobs jobs;
  std::map<std::string, JobBatch> batches;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split(line, '|');
    if (fields.size() != 5) continue;
    const bool held = is_held(fields[2], fields[3]);
    if (held) jobs.held[fields[0]] = fields[3];
    const JobState state = held ? JobState::held : state_of(fields[2]);
    const auto place = split(fields[4], ';');
    if (place.size() != 3 || state == JobState::gone) continue;
    const fs::path file = fs::absolute(experiment).lexically_normal() / "batches" / place[0];
    if (!fs::exists(file)) continue;
    if (!batches.contains(place[0])) batches[place[0]] = read_batch(file);
    const size_t task = std::strtoul(fields[1].c_str(), nullptr, 10) + std::strtoul(place[2].c_str(), nullptr, 10);
    const int64_t items_per_task = std::max(1L, std::strtol(place[1].c_str(), nullptr, 10));
    for (const std::string& run : batches.at(place[0]).of_task(task, items_per_task).runs) jobs.runs[run] = state;
  }
  return jobs;
} catch (const Unanswered& error) {
  Jobs unknown;
  unknown.silence = error.what();
  return unknown;
}

void Slurm::release(const Jobs& jobs) {
  std::vector<std::string> names;
  for (const auto& [job, reason] : jobs.held) names.push_back(job);
  if (!names.empty()) ask({"scontrol", "release", join(names, ",")});
}

void Slurm::cancel(const fs::path& experiment) { ask({"scancel", "--name=" + job_name(experiment)}); }

}  // namespace elbo::host::launch
