#include "report/results/read_runs.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <set>

#include <elbo/error.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "hdf5/walk.hpp"
#include "log/layout.hpp"
#include "log/upkeep/writer_lock.hpp"
#include "plan/run.hpp"
#include "report/results/better_evidence.hpp"
#include "report/results/verification.hpp"

namespace elbo::host::report {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* finished_name = "log.h5";
constexpr const char* partial_name = "log.h5.partial";
constexpr const char* no_measure =
    "nothing says what its numbers are about, so they are compared with none; repeat the run with this program";

std::vector<fs::path> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

bool is_log(const fs::path& path) {
  if (path.filename() == finished_name) return true;
  return path.filename() == partial_name && !fs::exists(path.parent_path() / finished_name);
}

/// Links are followed, but not in circles.
void add_logs_below(const fs::path& folder, std::set<fs::path>& logs) {
  std::set<fs::path> known = {fs::canonical(folder)};
  const auto options = fs::directory_options::follow_directory_symlink;
  for (auto it = fs::recursive_directory_iterator(folder, options); it != fs::recursive_directory_iterator(); ++it) {
    if (it->is_directory()) {
      if (!known.insert(fs::canonical(it->path())).second) it.disable_recursion_pending();
    } else if (is_log(it->path())) {
      logs.insert(fs::weakly_canonical(it->path()));
    }
  }
}

void add_logs(const fs::path& path, std::set<fs::path>& logs) {
  if (fs::is_directory(path)) add_logs_below(path, logs);
  else logs.insert(fs::weakly_canonical(path));
}

/// The columns of a group of numbers of each data point; NaN where a bound was not computed.
void add_columns(const h5::File& file, const std::string& group, const std::string& prefix,
                 std::map<std::string, Numbers>& columns) {
  if (!file.has(group)) return;
  for (const std::string& name : file.names(group)) {
    if (name == "sample") continue;  // the dimension
    columns[prefix + name] = [log = file.path(), path = group + "/" + name] {
      const h5::Dataset column = log::open_log(log).dataset(path);
      return column.read<double>(0, column.rows());
    };
  }
}

std::string failure_in(const std::string& status) {
  const std::string failed = "failed: ";
  return status.starts_with(failed) ? status.substr(failed.size()) : "";
}

/// Without it nothing says what the numbers are about, in which unit, on which data.
void read_key(RunOutcome& run) {
  try {
    const std::string key = run.text("measure_key");
    if (key.empty()) run.refused = {"R19", "the log has no /summary/measure_key; " + std::string(no_measure)};
    else run.key = observation::measure_key_from_json(json_or_discarded(key));
  } catch (const Error& error) {
    run.refused = {"R19", fmt::format("/summary/measure_key cannot be read ({}); {}", error.what(), no_measure)};
  }
}

LoadedRun load(const fs::path& log) {
  LoadedRun loaded;
  loaded.run.variant = log.parent_path().filename().string();
  loaded.run.log = log;
  try {
    loaded.run = read_run(log);
    loaded.plan = json_or_discarded(loaded.run.summary->plan_json);
    if (!loaded.run.summary->values.empty() && loaded.run.summary->status == log::completed) return loaded;
    loaded.run.failure = failure_in(loaded.run.summary->status);
  } catch (const std::exception& error) {  // JSON of another program, too
    loaded.run.failure = error.what();
  }
  loaded.run.summary.reset();
  return loaded;
}

}  // namespace

namespace {

/// Folders of runs in a folder of results.
size_t runs_below(const fs::path& folder) {
  std::error_code missing;
  size_t runs = 0;
  for (const auto& entry : fs::directory_iterator(folder, missing)) runs += fs::exists(entry.path() / "run.json");
  return runs;
}

}  // namespace

std::vector<fs::path> logs_named(const std::vector<std::string>& words) {
  std::set<fs::path> logs;
  for (const std::string& word : words) {
    std::set<fs::path> of_word;
    if (fs::exists(word)) add_logs(word, of_word);
    else
      for (const fs::path& match : matches(word)) add_logs(match, of_word);
    if (const size_t runs = of_word.empty() ? runs_below(word) : 0; runs > 0)
      throw UserError(
          fmt::format("{}: holds {}, and none has a log, as they failed or have not begun; expected one that "
                      "has a log.h5; see elbo status {}",
                      word, counted(runs, "run"), word));
    if (of_word.empty())
      throw UserError(
          fmt::format("{}: there is no log of a run; expected a log.h5, a folder that holds some, or a pattern "
                      "such as 'runs/*/log.h5'",
                      word));
    logs.merge(of_word);
  }
  return {logs.begin(), logs.end()};
}

namespace {

/// Whether models differ by it: not by how they are evaluated, what is logged of them, where they are trained and on how many data.
bool is_of_model(const std::string& key) {
  constexpr std::array of_the_training = {"train.checkpoint_seconds", "train.keep_state", "train.time_limit_seconds",
                                          "train.memory_limit_gb",    "train.device",     "dataset.train"};
  return !key.starts_with("evaluate.") && !key.starts_with("log.") &&
         std::find(of_the_training.begin(), of_the_training.end(), key) == of_the_training.end();
}

}  // namespace

SweepOf sweep_in(const Json& plan) {
  const Json sweep = member_or(plan, "sweep", Json());
  const auto names = member_or(sweep, "keys", std::vector<std::string>());
  if (std::none_of(names.begin(), names.end(), is_of_model)) return {};  // nothing is chosen among such points
  const std::string keys = join(names), of = member_or(sweep, "of", "");
  return {.name = keys + (of.empty() ? "" : " of " + of),
          .points = member_or(sweep, "points", size_t{0}),
          .trial = member_or(sweep, "trial", int64_t{0}),
          .epochs = member_or(member_or(plan, "train", Json()), "max_epochs", int64_t{0}),
          .rungs = member_or(sweep, "rungs", std::vector<int64_t>()),
          .reduction_factor = member_or(sweep, "reduction_factor", int64_t{0})};
}

namespace {

RunOutcome run_in(const fs::path& log) {
  RunOutcome run;
  run.log = log;
  const h5::File file = log::open_log(log);
  run.summary = log::summary_of(file);
  add_columns(file, "/per_example", "", run.per_example);
  add_columns(file, "/per_example_valid", of_validation_data, run.per_example);
  if (file.has("/provenance")) {
    run.machine = file.attribute("/provenance", "cpu") + ", " + file.attribute("/provenance", "device");
    run.program = file.attribute("/provenance", "elbo");
  }
  const Json plan = json_or_discarded(run.summary->plan_json);
  run.variant = member_or(plan, "variant", run.summary->title);
  run.seed = member_or(plan, "seed", int64_t{1});
  run.sweep = sweep_in(plan);
  run.seed_rule = seed_rule_in(plan);
  if (!run.summary->values.empty()) read_key(run);
  if (!run.refused) run.refused = contradiction(run);
  take_better_evidence(run);
  return run;
}

}  // namespace

RunOutcome read_run(const fs::path& log) {
  return log::while_written(log, [&] { return run_in(log); });
}

LoadedRuns read_runs(const std::vector<fs::path>& logs) {
  h5::walk_in_a_child(logs);
  std::vector<LoadedRun> all;
  for (const fs::path& log : logs) all.push_back(load(log));
  const auto measured_after =
      std::count_if(all.begin(), all.end(), [](const LoadedRun& one) { return !one.run.evidence_from.empty(); });
  LoadedRuns runs = group_variants(std::move(all));
  if (measured_after > 0)
    runs.notes.push_back(fmt::format(
        "log p(x) of {} is that of evaluation.h5, a ladder of estimators, in place of the log's importance weights",
        counted(static_cast<size_t>(measured_after), "run")));
  return runs;
}

}  // namespace elbo::host::report
