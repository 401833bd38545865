#include "report/results/runs_csv.hpp"

#include <fmt/format.h>

#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/run.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

std::string state_of(const RunOutcome& run) {
  if (run.summary) return "done";
  return run.failure.empty() ? "missing" : "failed";
}

std::set<std::string> numbers_of(const std::vector<RunOutcome>& runs) {
  std::set<std::string> names;
  for (const RunOutcome& run : runs)
    if (run.summary)
      for (const auto& [name, value] : run.summary->values) names.insert(name);
  return names;
}

}  // namespace

std::string runs_csv(const std::vector<RunOutcome>& runs, const std::vector<Json>& plans) {
  const auto settings = setting_columns(plans);
  const auto numbers = numbers_of(runs);
  std::string text = "variant,seed,folder,state,not_ranked";
  for (const SettingColumn& column : settings) text += "," + csv_field(column.name);
  for (const std::string& name : numbers) text += "," + csv_field(name);
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunOutcome& run = runs[i];
    const std::string folder = run_folder_name(run.variant, run.seed, member_or(plans[i], "id", ""));
    text += fmt::format("\n{},{},{},{},{}", csv_field(run.variant), run.seed, csv_field(folder), state_of(run),
                        csv_field(run.refused ? run.refused->words : ""));
    for (const SettingColumn& column : settings) text += "," + csv_field(column.text(i));
    for (const std::string& name : numbers)
      text += "," + (run.value(name) ? csv_field(*run.value(name)) : std::string());
  }
  return text + "\n";
}

}  // namespace elbo::host::report
