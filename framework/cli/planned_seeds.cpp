#include "cli/planned_seeds.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "launch/run_folder.hpp"
#include "plan/run.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// All that decides the result, but the seed; empty where the plan is none.
std::string settings_of(const Json& plan) {
  if (!plan.is_object() || !plan.contains("variant")) return "";
  nlohmann::json identity = identity_of(plan);
  identity.erase("seed");
  return identity.dump();
}

/// Nothing where there is no such file, or it is damaged: then it cannot say what was planned.
Json json_in(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error) ? Json::parse(read_file(file), nullptr, false) : Json();
}

struct Planned {
  std::string settings;
  int64_t seed = 0;
  fs::path folder;  // of the run
};

/// By the plan of the experiment, and by the run.json in each folder: a plan may have been made again with fewer seeds.
std::vector<Planned> planned_in(const fs::path& experiment) {
  std::vector<Planned> all;
  const auto add = [&](const Json& run, const fs::path& folder) {
    if (std::string settings = settings_of(run); !settings.empty())
      all.push_back({std::move(settings), run.value("seed", int64_t{1}), folder});
  };
  if (const Json plan = json_in(experiment / "plan.json"); plan.is_object() && plan.contains("runs"))
    for (const Json& run : plan["runs"])
      if (run.is_object())
        add(run,
            experiment / run_folder_name(run.value("variant", ""), run.value("seed", int64_t{1}), run.value("id", "")));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(experiment, error))
    add(json_in(entry.path() / "run.json"), entry.path());
  return all;
}

std::string what_became_of(const launch::RunFolder& folder) {
  std::error_code error;
  if (!fs::exists(folder.path(), error)) return "not begun, or its folder was deleted";
  switch (folder.state()) {
    case launch::RunState::done:
      return "finished, but not among the logs that were named";
    case launch::RunState::failed:
      return "failed: " + folder.failure();
    default:
      return fs::is_regular_file(fs::symlink_status(folder.log(), error)) ? "has a log that was not named"
                                                                          : "not finished";  // a link is a live log's
  }
}

}  // namespace

std::vector<report::RunOutcome> planned_but_absent(const std::vector<report::RunOutcome>& runs) {
  std::map<fs::path, std::vector<Planned>> experiments;
  std::map<std::string, std::set<int64_t>> known;                    // variant -> seeds
  std::map<std::pair<fs::path, std::string>, std::string> variants;  // experiment and settings -> variant
  for (const report::RunOutcome& run : runs) {
    known[run.variant].insert(run.seed);
    if (run.log.empty() || !run.summary) continue;
    const fs::path experiment = run.log.parent_path().parent_path();
    const std::string settings = settings_of(Json::parse(run.summary->plan_json, nullptr, false));
    if (settings.empty()) continue;
    variants[{experiment, settings}] = run.variant;
    if (!experiments.contains(experiment)) experiments[experiment] = planned_in(experiment);
  }
  const auto is_named = [&](const fs::path& folder) {
    return std::any_of(runs.begin(), runs.end(),
                       [&](const report::RunOutcome& run) { return run.log.parent_path() == folder; });
  };
  std::vector<report::RunOutcome> absent;
  for (const auto& [experiment, all] : experiments)
    for (const Planned& one : all) {
      const auto variant = variants.find({experiment, one.settings});
      if (variant == variants.end() || !known[variant->second].insert(one.seed).second) continue;
      const std::string why =
          is_named(one.folder) ? "its log cannot be read" : what_became_of(launch::RunFolder(one.folder));
      absent.push_back({.variant = variant->second, .seed = one.seed, .summary = {}, .failure = {}, .left_out = why});
    }
  return absent;
}

}  // namespace elbo::cli
