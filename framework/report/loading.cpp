#include "report/loading.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "log/layout.hpp"
#include "plan/run.hpp"

namespace elbo::report {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

std::vector<fs::path> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

void add_logs(const fs::path& path, std::set<fs::path>& logs) {
  if (!fs::is_directory(path)) {
    if (fs::exists(path)) logs.insert(fs::weakly_canonical(path));
    return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.path().filename() == "log.h5") logs.insert(fs::weakly_canonical(entry.path()));
}

/// The columns of /per_example; NaN where a bound was not computed.
std::map<std::string, Numbers> per_example(const h5::File& file) {
  std::map<std::string, Numbers> columns;
  if (!file.has("/per_example")) return columns;
  for (const std::string& name : file.names("/per_example")) {
    if (name == "sample") continue;  // the dimension
    columns[name] = [log = file.path(), name] {
      const h5::Dataset column = log::open_log(log).dataset("/per_example/" + name);
      return column.read<double>(0, column.rows());
    };
  }
  return columns;
}

struct Loaded {
  RunOutcome run;
  std::string experiment;
  std::string settings;  // equal for the seeds of one variant
};

/// What tells variants apart: the run's identity as if its seed were 0.
std::string settings_of(const Json& plan) {
  Run run = run_from_json(plan);
  run.seed = 0;
  return run.id();
}

Loaded load(const fs::path& log) {
  Loaded loaded;
  loaded.run.variant = log.parent_path().filename().string();
  loaded.run.log = log;
  try {
    loaded.run = read_run(log);
    const Json plan = Json::parse(loaded.run.summary ? loaded.run.summary->plan_json : "{}", nullptr, false);
    if (plan.is_object() && plan.contains("variant")) {
      loaded.experiment = plan.value("experiment", "");
      loaded.settings = settings_of(plan);
    }
    if (loaded.run.summary->values.empty()) loaded.run.summary.reset();
  } catch (const std::exception& error) {  // JSON of another program, too
    loaded.run.summary.reset();
    loaded.run.failure = error.what();
  }
  return loaded;
}

/// How a variant is called: its name, with its experiment where that is needed, with a number where that is too.
void set_apart(std::vector<Loaded>& all) {
  std::map<std::string, std::set<std::string>> settings;
  for (const Loaded& one : all) settings[one.run.variant].insert(one.settings);
  for (Loaded& one : all)
    if (settings[one.run.variant].size() > 1 && !one.experiment.empty()) one.run.variant = one.experiment + ": " + one.run.variant;
  std::map<std::string, std::vector<std::string>> named;
  for (Loaded& one : all) {
    auto& known = named[one.run.variant];
    auto at = std::find(known.begin(), known.end(), one.settings);
    if (at == known.end()) at = known.insert(known.end(), one.settings);
    if (at != known.begin()) one.run.variant += fmt::format(" #{}", at - known.begin() + 1);
  }
}

}  // namespace

std::vector<fs::path> logs_named(const std::vector<std::string>& words) {
  std::set<fs::path> logs;
  for (const std::string& word : words) {
    std::set<fs::path> of_word;
    if (fs::exists(word)) add_logs(word, of_word);
    else
      for (const fs::path& match : matches(word)) add_logs(match, of_word);
    if (of_word.empty())
      throw UserError(fmt::format("{}: there is no log of a run; expected a log.h5, a folder that holds some, or a pattern "
                                  "such as 'runs/*/log.h5'",
                                  word));
    logs.merge(of_word);
  }
  return {logs.begin(), logs.end()};
}

RunOutcome read_run(const fs::path& log) {
  RunOutcome run;
  run.log = log;
  const h5::File file = log::open_log(log);
  run.summary = log::summary_of(file);
  run.per_example = per_example(file);
  const Json plan = Json::parse(run.summary->plan_json, nullptr, false);
  run.variant = plan.is_object() ? plan.value("variant", run.summary->title) : run.summary->title;
  run.seed = plan.is_object() ? plan.value("seed", int64_t{1}) : 1;
  if (const std::string key = run.text("measure_key"); !key.empty())
    run.key = data::measure_key_from_json(Json::parse(key, nullptr, false));
  else if (plan.is_object() && plan.contains("data_fingerprint"))  // an old log: at least the data must be the same
    run.summary->texts["measure"] += fmt::format(", data {:.8}", plan["data_fingerprint"].get<std::string>());
  return run;
}

std::vector<RunOutcome> read_runs(const std::vector<fs::path>& logs) {
  std::vector<Loaded> all;
  for (const fs::path& log : logs) all.push_back(load(log));
  set_apart(all);
  std::vector<RunOutcome> runs;
  std::set<std::tuple<std::string, int64_t>> seen;  // a copy of a run says nothing new
  for (Loaded& one : all)
    if (!one.run.summary || seen.emplace(one.run.variant, one.run.seed).second) runs.push_back(std::move(one.run));
  return runs;
}

}  // namespace elbo::report
