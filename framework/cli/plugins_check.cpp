// elbo plugins check: the conformance kit runs in a worker, so that a crash is a failed property and no more.
#include "cli/plugins_check.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <sstream>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/value_json.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "plan/questions.hpp"
#include "plugins/card.hpp"
#include "plugins/check_record.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::cli {
using Json = nlohmann::ordered_json;
using namespace plugins;
namespace {

constexpr auto limit = std::chrono::minutes(10);

struct Line {
  std::string name, outcome, detail;
};

std::vector<Setting> settings_of(Registry& registry, const FoundPlugin& plugin,
                                 const std::vector<std::string>& overrides) {
  if (overrides.empty()) return {};
  experiment::Faults faults;
  auto settings = experiment::read_effective_options(table_of(overrides), plugin.kind,
                                                     registry.describe(plugin).options, {}, faults);
  faults.raise();
  return settings;
}

/// A likelihood that contains others is checked with two of real values, of different parameters where there are such.
std::vector<std::string> parts_of(Registry& registry, const FoundPlugin& plugin) {
  if (plugin.kind != "likelihood") return {};
  try {
    if (!registry.describe(plugin).contains_likelihoods) return {};
  } catch (const UserError&) {
    return {};  // what it does wrong is for the check to say
  }
  auto all = likelihoods_of(registry)();
  std::erase_if(all, [](const PluginDescription& d) { return d.support != Support::real; });
  if (all.empty())
    throw UserError(label(plugin) +
                    ": contains other likelihoods, and there is none of real values to check it with; expected one; "
                    "set ELBO_PLUGIN_PATH");
  const auto other =
      std::find_if(all.begin(), all.end(), [&](const PluginDescription& d) { return d.params != all.front().params; });
  return {all.front().found.path.string(), (other == all.end() ? all.back() : *other).found.path.string()};
}

std::string how_it_ended(const Ended& worker) {
  if (worker.timed_out) return fmt::format("gave no answer within {} minutes", limit.count());
  if (WIFSIGNALED(worker.status))
    return fmt::format("crashed with signal {} ({})", WTERMSIG(worker.status), ::strsignal(WTERMSIG(worker.status)));
  const size_t end = worker.err.find_last_not_of("\n ");
  const size_t start = end == std::string::npos ? end : worker.err.rfind('\n', end);
  const std::string last =
      end == std::string::npos ? "" : worker.err.substr(start == std::string::npos ? 0 : start + 1);
  return fmt::format("ended the process with code {}{}", WEXITSTATUS(worker.status),
                     last.empty() ? "" : ": " + one_line(last));
}

/// What the worker said, line by line.
class Report {
 public:
  explicit Report(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) try {
        take(Json::parse(line));
      } catch (const Json::exception&) {
        // What else is written there is not the worker's.
      }
  }

  /// A result for each property that was announced, whatever became of the process.
  std::vector<Line> lines(const Ended& worker) const {
    std::vector<Line> lines;
    std::string died_in;
    for (const std::string& name : expected_) {
      const auto result =
          std::find_if(results_.begin(), results_.end(), [&](const Line& line) { return line.name == name; });
      if (result != results_.end()) lines.push_back(*result);
      else if (!died_in.empty()) lines.push_back({name, "skipped", "the process had ended in '" + died_in + "'"});
      else lines.push_back({died_in = name, "failed", how_it_ended(worker) + " before its result was known"});
    }
    const bool is_whole = !expected_.empty() && died_in.empty();
    if (expected_.empty() || (is_whole && (worker.timed_out || worker.status != 0)))
      lines.push_back({"the check as a whole", "failed", how_it_ended(worker)});
    if (is_forked_)
      lines.push_back(
          {"the check as a whole", "failed", "the plugin left a second process; expected one; a plugin must not fork"});
    return lines;
  }

 private:
  void take(const Json& json) {
    if (json.contains("error")) throw UserError(printable(json.at("error").get<std::string>()));
    if (expected_.empty()) {
      json.at("expected").get_to(expected_);
      process_ = json.at("process");
    } else {
      const Line line = {json.at("name"), json.at("outcome"), printable(json.at("detail").get<std::string>())};
      const bool is_own = json.at("process") == process_;
      if (is_own) results_.push_back(line);
      // A second process may be ended with the first before it has said anything, but its parent sees it.
      is_forked_ = is_forked_ || !is_own || json.at("children").get<bool>();
    }
  }

  std::vector<std::string> expected_;
  std::vector<Line> results_;
  Json process_;
  bool is_forked_ = false;
};

int64_t count(const std::vector<Line>& lines, const std::string& outcome) {
  return std::count_if(lines.begin(), lines.end(), [&](const Line& line) { return line.outcome == outcome; });
}

void print_lines(const FoundPlugin& plugin, const std::vector<Line>& lines) {
  size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size());
  print("{}\n", label(plugin));
  for (const Line& line : lines) {
    const std::string outcome = line.outcome == "failed" ? "FAILED" : line.outcome;
    if (line.detail.empty()) print("  {:<7}  {}\n", outcome, line.name);
    else print("  {:<7}  {:<{}}  {}\n", outcome, line.name, width, line.detail);
  }
  print("{} passed, {} failed, {} skipped\n", count(lines, "passed"), count(lines, "failed"), count(lines, "skipped"));
}

void print_json(const FoundPlugin& plugin, const std::vector<Setting>& settings, const std::vector<Line>& lines) {
  Json properties = Json::array();
  for (const Line& line : lines)
    properties.push_back({{"name", line.name}, {"outcome", line.outcome}, {"detail", line.detail}});
  const Json json = {{"kind", plugin.kind},
                     {"name", plugin.name},
                     {"path", plugin.path.string()},
                     {"set", to_json(settings)},
                     {"passed", count(lines, "passed")},
                     {"failed", count(lines, "failed")},
                     {"skipped", count(lines, "skipped")},
                     {"properties", properties}};
  print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// So that tables and pages of its runs can say it.
void keep_outcome(const FoundPlugin& plugin, const Json& settings, const std::vector<Line>& lines) {
  std::vector<std::string> failed;
  for (const Line& line : lines)
    if (line.outcome == "failed") failed.push_back(line.name);
  keep_check(whole_check, sha256_of_file(plugin.path), settings.dump(),
             {failed.empty() ? "passed" : "failed", join(failed)});
}

}  // namespace

int check_plugin(Registry& registry, const FoundPlugin& plugin, const CheckArguments& arguments) {
  const std::vector<Setting> settings = settings_of(registry, plugin, arguments.overrides);
  const Json given = settings.empty() ? Json::object() : to_json(settings);
  std::vector<std::string> command = {worker_program().string(), "check", plugin.path.string(), given.dump(),
                                      arguments.only};
  for (const std::string& part : parts_of(registry, plugin)) command.push_back(part);
  const Ended worker = run_to_end(command, limit);
  const std::vector<Line> lines = Report(worker.out).lines(worker);
  if (arguments.only.empty()) keep_outcome(plugin, given, lines);
  if (arguments.as_json) print_json(plugin, settings, lines);
  else print_lines(plugin, lines);
  return count(lines, "failed") > 0 ? 1 : 0;
}

}  // namespace elbo::host::cli
