// results.h5 of an experiment: the numbers and the settings of all its runs in one file.
#include <nlohmann/json.hpp>

#include <limits>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/json.hpp"
#include "launch/run_folder.hpp"
#include "launch/status.hpp"
#include "log/upkeep/merged.hpp"
#include "report/results/read_runs.hpp"
#include "report/results/setting_columns.hpp"
#include "report/results/verification.hpp"

namespace elbo::host::launch {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// Of each run of a plan, in its order.
std::vector<log::MergedSetting> merged_settings(const Json& plan) {
  const auto& plans = plan.at("runs").get_ref<const Json::array_t&>();
  std::vector<log::MergedSetting> settings;
  for (const report::SettingColumn& column : report::setting_columns(plans)) {
    const auto values_or = [&](auto missing) {
      std::vector<decltype(missing)> values;
      for (const Json& value : column.values)
        values.push_back(value.is_null() ? missing : value.get<decltype(missing)>());
      return values;
    };
    using Type = report::SettingColumn::Type;
    log::MergedSetting& setting = settings.emplace_back(column.name);
    if (column.type == Type::integer) setting.values = values_or(std::numeric_limits<int64_t>::min());
    else if (column.type == Type::number) setting.values = values_or(std::numeric_limits<double>::quiet_NaN());
    else if (column.type == Type::boolean) {
      std::vector<uint8_t> flags;
      for (const Json& value : column.values)
        flags.push_back(value.is_null() ? uint8_t{255} : uint8_t{value.get<bool>()});
      setting.values = std::move(flags);
    } else {
      std::vector<std::string> texts;
      for (size_t run = 0; run < plans.size(); ++run) texts.push_back(column.text(run));
      setting.values = std::move(texts);
    }
  }
  return settings;
}

/// A log that cannot be read makes a failed run, not a merge that ends half-way.
log::MergedRun merged_run(const fs::path& folder, const PlannedRun& run) {
  const RunFolder files(folder / run.folder);
  log::MergedRun merged{run.variant, run.id, run.folder, run.seed, "missing", "", "", {}};
  const RunState state = files.state();
  if (state == RunState::failed) {
    merged.state = "failed";
    merged.failure = files.failure();
  }
  if (state != RunState::done) return merged;
  try {
    report::RunOutcome outcome = report::read_run(files.log());
    const auto why = report::why_not_ranked(outcome);
    const std::string words = why ? why->code + ": " + why->words : "";
    merged.state = outcome.refused ? "failed" : "done";  // numbers that contradict each other are no result
    (outcome.refused ? merged.failure : merged.not_ranked) = words;
    if (!outcome.refused) merged.summary = std::move(outcome.summary);
  } catch (const Error& error) {
    merged.state = "failed";
    merged.failure = error.what();
  }
  return merged;
}

}  // namespace

Merged merge_results(const fs::path& folder) {
  const PlannedExperiment experiment = read_planned(folder);
  std::vector<log::MergedRun> runs;
  Merged result;
  for (const PlannedRun& run : experiment.runs) {
    runs.push_back(merged_run(folder, run));
    if (runs.back().state == "done") ++result.done;
    if (runs.back().state == "failed") result.failed.push_back(run.folder);
    if (runs.back().state == "missing") result.missing.push_back(run.folder);
  }
  const Json plan = parse_json(read_file(folder / "plan.json"), (folder / "plan.json").string());
  log::write_merged(folder / "results.h5", experiment.name, runs, merged_settings(plan));
  return result;
}

}  // namespace elbo::host::launch
