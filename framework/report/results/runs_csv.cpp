#include "report/results/runs_csv.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/run.hpp"
#include "report/results/differences.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

std::string state_of(const RunOutcome& run) {
  if (run.summary) return "done";
  return run.failure.empty() ? "missing" : "failed";
}

std::string setting_field(const Json& value) {
  if (value.is_null()) return "";
  return csv_field(value.is_string() ? value.get<std::string>() : value.dump());
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
  std::vector<std::pair<std::string, Json>> named;
  for (size_t i = 0; i < runs.size(); ++i) named.emplace_back(runs[i].variant, plans[i]);
  const Json differing = settings_diff(named);
  const auto numbers = numbers_of(runs);
  std::string text = "variant,seed,folder,state,not_ranked";
  for (const Json& name : differing["settings"]) text += "," + setting_field(name);
  for (const std::string& name : numbers) text += "," + csv_field(name);
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunOutcome& run = runs[i];
    const std::string folder = run_folder_name(run.variant, run.seed, member_or(plans[i], "id", ""));
    text += fmt::format("\n{},{},{},{},{}", csv_field(run.variant), run.seed, csv_field(folder), state_of(run),
                        csv_field(run.refused ? run.refused->words : ""));
    for (const Json& value : differing["rows"][i]["values"]) text += "," + setting_field(value);
    for (const std::string& name : numbers)
      text += "," + (run.value(name) ? csv_field(*run.value(name)) : std::string());
  }
  return text + "\n";
}

}  // namespace elbo::host::report
