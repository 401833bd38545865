// Time and memory of planning many runs, reading their status and comparing their results, which are generated.
//   scale_benchmark [FOLDER]     the folder gets a few GB; by default a temporary one, which is removed
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>

#include <elbo/error.hpp>

#include "launch/run_folder.hpp"
#include "log/run_log.hpp"
#include "metrics/metrics.hpp"
#include "plan/plan.hpp"

namespace fs = std::filesystem;
using namespace elbo;
using namespace elbo::host;

namespace {

constexpr int64_t test_rows = 100;

struct Cost {
  double seconds = 0, processor_seconds = 0, megabytes = 0;
  int code = 0;
};

/// Runs elbo with its output in a file.
Cost run(std::vector<std::string> words, const fs::path& output) {
  words.insert(words.begin(), ELBO_PROGRAM);
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const auto start = std::chrono::steady_clock::now();
  pid_t pid = 0;
  if (posix_spawn(&pid, list[0], &files, nullptr, list.data(), environ) != 0) throw Error("elbo cannot be started");
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  rusage used{};
  wait4(pid, &status, 0, &used);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const auto in_seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {wall.count(), in_seconds(used.ru_utime) + in_seconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / 1024, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

/// `variants` values of the learning rate, each with `seeds` seeds.
std::string experiment(int variants, int seeds) {
  std::string rates, numbers;
  for (int i = 1; i <= variants; ++i) rates += fmt::format("{}, ", 1e-6 * i);
  for (int i = 1; i <= seeds; ++i) numbers += fmt::format("{}, ", i);
  return fmt::format(
      "seeds = [{}]\nmax_runs = 100000\nlatent_dim = 2\n"
      "dataset = {{ name = \"bars\", observe = \"binary\" }}\n"
      "encoder = {{ plugin = \"mlp\" }}\ndecoder = {{ plugin = \"mlp\" }}\n"
      "prior = {{ plugin = \"standard_normal\" }}\nlikelihood = {{ plugin = \"bernoulli\" }}\n"
      "[sweep]\n\"train.optimizer.lr\" = [{}]\n",
      numbers, rates);
}

log::Layout layout_of(const Run& run) {
  log::Layout layout;
  layout.title = run.variant;
  layout.plan_json = to_json(run).dump(2);
  layout.train_columns = layout.test_columns = {{"elbo", "nat", "lower bound of log p(x)"}};
  layout.latent_dim = run.latent_dim;
  layout.test_rows = test_rows;
  return layout;
}

/// A finished run, as a worker leaves it; the bounds depend on the run alone.
void write_result(const Run& run, const fs::path& folder) {
  const launch::RunFolder files(folder / run.folder());
  fs::create_directories(files.path());
  std::vector<double> bounds(test_rows);
  double mean = 0;
  for (int64_t i = 0; i < test_rows; ++i) {
    bounds[static_cast<size_t>(i)] = -100 - std::sin(static_cast<double>(i * run.seed)) + 1e4 * run.optimizer.lr;
    mean += bounds[static_cast<size_t>(i)] / test_rows;
  }
  const log::Layout layout = layout_of(run);
  {
    log::RunLog log = log::RunLog::create(files.log(), layout);
    log.epoch(log::Pass::train, 1, {{"elbo", mean}}, {});
    log.epoch(log::Pass::test, 1, {{"elbo", mean}}, {});
    log.finish({{{"elbo", "nat", "lower bound of log p(x)"}, bounds},
                {{"log_px", "nat", "importance-weighted bound"}, bounds}},
               {{"elbo", mean, "nat", "elbo"},
                {"log_px", mean, "nat", "log p(x)"},
                {"log_px_samples", 100, "1", "samples"},
                {metrics::train_seconds, 1}},
               {{"measure", "mass on {0,1}"}, {"bound", "elbo"}});
  }
  std::ofstream(files.path() / "done.json") << "{\"log_sha256\": \"\", \"seconds\": 1.0}\n";
}

void print(const char* what, const Cost& cost) {
  fmt::print("  {:<28}{:>8.2f} s, of the processor {:>7.2f} s {:>6.0f} MB{}\n", what, cost.seconds,
             cost.processor_seconds, cost.megabytes, cost.code == 0 ? "" : fmt::format("   exit code {}", cost.code));
  std::fflush(stdout);
}

void measure_plan(int variants, int seeds, const fs::path& folder) {
  fmt::print("{} variants x {} seeds\n", variants, seeds);
  fs::create_directories(folder);
  const std::string file = folder / "experiment.toml", output = folder / "output";
  std::ofstream(file) << experiment(variants, seeds);
  print("elbo plan", run({"plan", file}, output));
  print("elbo check", run({"check", file}, output));
}

void measure(int variants, int seeds, const fs::path& folder) {
  fmt::print("{} variants x {} seeds\n", variants, seeds);
  fs::create_directories(folder);
  const std::string file = folder / "experiment.toml", output = folder / "output";
  std::ofstream(file) << experiment(variants, seeds);
  run({"plan", file}, output);  // describes the plugins, whose answers are kept
  print("elbo plan", run({"plan", file}, output));
  print("elbo plan --json", run({"plan", file, "--json"}, folder / "plan.json"));
  const Plan plan = read_plan(folder / "plan.json");
  const auto start = std::chrono::steady_clock::now();
  for (const Run& each : plan.runs) write_result(each, folder);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  fmt::print("  ({} results generated in {:.0f} s)\n", plan.runs.size(), wall.count());
  print("elbo status", run({"status", folder}, output));
  print("elbo status --json", run({"status", folder, "--json"}, output));
  print("elbo compare", run({"compare", folder}, output));
  print("elbo compare --format json", run({"compare", folder, "--format", "json"}, output));
  print("elbo merge", run({"merge", folder}, output));
}

}  // namespace

int main(int count, char** words) try {
  const fs::path folder =
      count > 1 ? fs::path(words[1]) : fs::temp_directory_path() / fmt::format("elbo-scale-{}", getpid());
  for (const auto& [variants, seeds] : {std::pair{10, 100}, {100, 100}, {10000, 1}})
    measure(variants, seeds, folder / fmt::format("{}x{}", variants, seeds));
  for (const auto& [variants, seeds] : {std::pair{1000, 100}, {100000, 1}})
    measure_plan(variants, seeds, folder / fmt::format("{}x{}", variants, seeds));
  if (count == 1) fs::remove_all(folder);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "scale_benchmark: {}\n", error.what());
  return 1;
}
