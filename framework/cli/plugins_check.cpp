// elbo plugins check: the conformance kit runs in a worker, so that a crash is a failed property and no more.
#include "cli/plugins_check.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <sstream>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/value_json.hpp"
#include "experiment/check.hpp"
#include "experiment/parse.hpp"
#include "plugins/child.hpp"
#include "plugins/inspect.hpp"
#include "plugins/printable.hpp"

namespace elbo::cli {
using Json = nlohmann::ordered_json;
using namespace plugins;
namespace {

constexpr auto limit = std::chrono::minutes(10);

struct Line {
  std::string name, outcome, detail;
};

std::vector<Setting> settings_of(Registry& registry, const Found& plugin, const std::vector<std::string>& overrides) {
  if (overrides.empty()) return {};
  experiment::Table table;
  for (const std::string& text : overrides) {
    const experiment::Override o = experiment::parse_override(text);
    experiment::set_at(table, o.path, o.where, o.node);
  }
  experiment::Faults faults;
  auto settings = experiment::read_options(table, plugin.kind, registry.describe(plugin).options, {}, faults);
  faults.raise();
  return settings;
}

/// A likelihood that contains others is checked with two of different parameters.
std::vector<std::string> parts_of(Registry& registry, const Found& plugin) {
  if (plugin.kind != "likelihood") return {};
  try {
    if (!registry.describe(plugin).contains_likelihoods) return {};
  } catch (const UserError&) {
    return {};  // what it does wrong is for the check to say
  }
  return {registry.find("likelihood", "student_t").path.string(), registry.find("likelihood", "laplace").path.string()};
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

/// What the worker reported, and the property that it died in, if it did.
std::vector<Line> lines_of(const Ended& worker) {
  std::vector<Line> lines;
  std::string begun = "loaded";
  std::istringstream text(worker.out);
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.contains("error")) throw UserError(printable(json["error"].get<std::string>()));
    if (json.contains("begun")) begun = json["begun"];
    if (!json.contains("outcome")) continue;
    lines.push_back({json["name"], json["outcome"], printable(json["detail"].get<std::string>())});
    begun = "what follows '" + lines.back().name + "'";
  }
  if (worker.timed_out || worker.status != 0) lines.push_back({begun, "failed", how_it_ended(worker)});
  return lines;
}

int64_t count(const std::vector<Line>& lines, const std::string& outcome) {
  return std::count_if(lines.begin(), lines.end(), [&](const Line& line) { return line.outcome == outcome; });
}

void print(const Found& plugin, const std::vector<Line>& lines) {
  size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size());
  fmt::print("{}\n", label(plugin));
  for (const Line& line : lines) {
    const std::string outcome = line.outcome == "failed" ? "FAILED" : line.outcome;
    if (line.detail.empty()) fmt::print("  {:<7}  {}\n", outcome, line.name);
    else fmt::print("  {:<7}  {:<{}}  {}\n", outcome, line.name, width, line.detail);
  }
  fmt::print("{} passed, {} failed, {} skipped\n", count(lines, "passed"), count(lines, "failed"),
             count(lines, "skipped"));
}

void print_json(const Found& plugin, const std::vector<Setting>& settings, const std::vector<Line>& lines) {
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
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int check_plugin(Registry& registry, const Found& plugin, const CheckArguments& arguments) {
  const std::vector<Setting> settings = settings_of(registry, plugin, arguments.overrides);
  const Json given = settings.empty() ? Json::object() : to_json(settings);
  std::vector<std::string> command = {worker_program().string(), "check", plugin.path.string(), given.dump(), arguments.only};
  for (const std::string& part : parts_of(registry, plugin)) command.push_back(part);
  const std::vector<Line> lines = lines_of(run_child(command, limit));
  if (arguments.as_json) print_json(plugin, settings, lines);
  else print(plugin, lines);
  return count(lines, "failed") > 0 ? 1 : 0;
}

}  // namespace elbo::cli
