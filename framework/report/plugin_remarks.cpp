#include "report/plugin_remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/value_json.hpp"
#include "plan/parts.hpp"
#include "plan/run.hpp"
#include "plugins/check_record.hpp"

namespace elbo::report {
namespace {

/// The options that the run gave this library, as they are kept with the outcome of a check.
std::string options_in(const std::string& plan_json, const std::string& sha256) {
  std::string options = "{}";
  try {
    const Run run = run_from_json(nlohmann::ordered_json::parse(plan_json));
    for_each_library(run, [&](const char*, const PluginChoice& choice) {
      if (choice.sha256 == sha256) options = to_json(choice.settings).dump();
    });
  } catch (const std::exception&) {
    // A plan of another version of the program: what was found with the default options still counts.
  }
  return options;
}

/// Later knowledge is better than that of the log.
std::string checked_by_now(const log::PluginRecord& plugin, const std::string& plan_json) {
  const std::string now = plugins::checked_as(plugin.sha256, options_in(plan_json, plugin.sha256));
  return now == "not checked" && !plugin.checked.empty() ? plugin.checked : now;
}

std::string remark(const log::PluginRecord& plugin, const std::string& checked) {
  const std::string name = plugin.kind + ":" + plugin.name;
  std::string text = fmt::format("{} (SHA-256 {:.8}) does not come with elbo: it ", name, plugin.sha256);
  if (checked == "passed") text += "passed elbo plugins check";
  else if (checked.starts_with("failed: ")) text += "failed elbo plugins check (" + checked.substr(8) + ")";
  else text += "was not checked by elbo plugins check; run elbo plugins check " + name;
  if (plugin.normalised == "not checked") text += "; normalisation not checked: " + plugin.finding;
  return text;
}

}  // namespace

std::vector<std::string> plugin_remarks(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> remarks;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    for (const log::PluginRecord& plugin : run.summary->plugins) {
      if (plugin.checked == "shipped") continue;
      const std::string checked = checked_by_now(plugin, run.summary->plan_json);
      const std::string text = checked == "shipped" ? "" : remark(plugin, checked);
      if (!text.empty() && std::find(remarks.begin(), remarks.end(), text) == remarks.end()) remarks.push_back(text);
    }
  }
  return remarks;
}

}  // namespace elbo::report
