#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "launch/run_folder.hpp"
#include "plan/run.hpp"
#include "report/comparison.hpp"
#include "report/results/read_runs.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

/// Nothing where there is no such file, or it is damaged: then it cannot say what was planned.
Json json_in(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error) ? json_or_discarded(read_file(file)) : Json();
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
    if (std::string settings = report::settings_of(run); !settings.empty())
      all.push_back({std::move(settings), member_or(run, "seed", int64_t{1}), folder});
  };
  if (const Json plan = json_in(experiment / "plan.json"); plan.is_object() && plan.contains("runs"))
    for (const Json& run : plan["runs"])
      if (run.is_object())
        add(run, experiment / run_folder_name(member_or(run, "variant", ""), member_or(run, "seed", int64_t{1}),
                                              member_or(run, "id", "")));
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

/// Seeds that were planned beside those that are compared: one that is left out may be the one that went wrong. For each variant of the
/// runs: the other seeds with the same settings that the experiments' plan.json, or run folders beside the logs, know of, without a
/// summary and with what became of them.
std::vector<report::RunOutcome> planned_but_absent(const std::vector<report::RunOutcome>& runs) {
  std::map<fs::path, std::vector<Planned>> experiments;
  std::map<std::string, std::set<int64_t>> known;                    // variant -> seeds
  std::map<std::pair<fs::path, std::string>, std::string> variants;  // experiment and settings -> variant
  for (const report::RunOutcome& run : runs) {
    known[run.variant].insert(run.seed);
    if (run.log.empty() || !run.summary) continue;
    const fs::path experiment = run.log.parent_path().parent_path();
    const std::string settings = report::settings_of(json_or_discarded(run.summary->plan_json));
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
      const launch::RunFolder folder(one.folder);
      absent.push_back({.variant = variant->second,
                        .seed = one.seed,
                        .summary = {},
                        .failure = {},
                        .left_out = is_named(one.folder) ? "its log cannot be read" : what_became_of(folder),
                        .has_failed = folder.state() == launch::RunState::failed});
    }
  return absent;
}

constexpr const char* compare_help =
    "elbo compare LOG... [--format text|csv|json|markdown|latex] [--margin-bits X] [--margin-nats X]\n"
    "Ranks finished runs, of any experiments: only those whose numbers are about the same thing, the others in tables "
    "of\n"
    "their own with the rule that keeps them apart.\n"
    "  LOG         a log.h5, a folder that holds some, or a pattern such as 'runs/*/log.h5'; each log that is named is "
    "in a table,\n"
    "              or below them with the reason why not; without a result in one the exit code is 1\n"
    "  --format F  text (default); csv and json hold every digit, json every pair; markdown, latex for a page or a "
    "paper\n"
    "  --margin-bits X, --margin-nats X   differences that do not matter (default 0.005 bits/dim on levels, else 0.1 "
    "nat): an\n"
    "              undecided pair within it is called equivalent\n";

const std::vector<std::string> formats = {"text", "csv", "json", "markdown", "latex"};

Options compare_options() {
  Options own;
  own.add_options()("log", po::value<std::vector<std::string>>())("format",
                                                                  po::value<std::string>()->default_value("text"))(
      "margin-bits", po::value<double>()->default_value(report::Margins().bits_per_dim))(
      "margin-nats", po::value<double>()->default_value(report::Margins().nats));
  return own;
}

/// What a log does not say whose run was ended: the note beside it.
void add_failures(std::vector<report::RunOutcome>& runs) {
  for (report::RunOutcome& run : runs) {
    if (run.summary) continue;
    const std::string noted = launch::RunFolder(run.log.parent_path()).failure();
    if (!noted.empty()) run.failure = noted;
  }
}

/// Runs that failed before they had a log, of variants that have no other run.
void add_runs_without_log(const std::string& folder, std::vector<report::RunOutcome>& runs) {
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    const launch::RunFolder files(entry.path().parent_path());
    if (entry.path().filename() != "failed.json" || fs::exists(files.log()) || fs::exists(files.partial_log()))
      continue;
    if (!fs::exists(files.path() / "run.json")) continue;  // the plan, where there is one, knows the run
    const Run run = read_run(files.path());
    const auto is_this = [&](const report::RunOutcome& known) {
      return known.variant == run.variant && known.seed == run.seed;
    };
    if (std::none_of(runs.begin(), runs.end(), is_this))
      runs.push_back({.variant = run.variant,
                      .seed = run.seed,
                      .summary = {},
                      .failure = files.failure(),
                      .sweep = report::sweep_in(to_json(run))});
  }
}

std::string written(const report::Comparison& comparison, const std::string& format) {
  if (format == "csv") return comparison_csv(comparison);
  if (format == "json") return comparison_json(comparison);
  if (format == "markdown") return comparison_markdown(comparison);
  if (format == "latex") return comparison_latex(comparison);
  return comparison_text(comparison, isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0);
}

void print_what_rows_do_not_say(const report::Comparison& comparison) {
  const auto warn = [](const std::string& sentence) { print_error("elbo compare: {}\n", sentence); };
  for (const report::Ranking& ranking : comparison.rankings)
    for (const auto& sentences : {verdicts(ranking), ranking.notes})
      for (const std::string& sentence : sentences) warn(sentence);
  for (const report::NotRanked& run : comparison.not_ranked) warn("not ranked: " + run.sentence());
  for (const auto& sentences : {comparison.plugins, comparison.notes, comparison.unfinished})
    for (const std::string& sentence : sentences) warn(sentence);
}

int compare(const Arguments& arguments) {
  const auto words = read_words("compare", compare_help, arguments, compare_options(), "log");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  const std::string format = given["format"].as<std::string>();
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    throw UserError("elbo compare: --format " + format + ": not a format" + suggestion(format, formats));
  if (!given.count("log"))
    throw UserError("elbo compare: no log is named; expected the log.h5 of some runs, or a folder that holds them");
  const auto named = texts_of(given, "log");
  auto loaded = report::read_runs(report::logs_named(named));
  add_failures(loaded.runs);
  std::ranges::move(planned_but_absent(loaded.runs), std::back_inserter(loaded.runs));
  for (const std::string& name : named) add_runs_without_log(name, loaded.runs);
  const report::Margins margins{given["margin-bits"].as<double>(), given["margin-nats"].as<double>()};
  if (!(margins.bits_per_dim > 0) || !(margins.nats > 0))
    throw UserError(
        "elbo compare: --margin-bits or --margin-nats is not above 0; expected a difference that does not matter");
  report::Comparison comparison = report::compare(loaded.runs, margins);
  comparison.notes.insert(comparison.notes.begin(), loaded.notes.begin(), loaded.notes.end());
  print("{}", written(comparison, format));
  if (format == "csv") print_what_rows_do_not_say(comparison);
  return !comparison.has_faults() && comparison.unfinished.empty() ? 0 : 1;
}

}  // namespace

std::vector<Verb> verbs_of_compare() {
  return {
      {"compare", "LOG...", "rank finished runs of any experiments that can be compared", compare, 50},
  };
}

}  // namespace elbo::host::cli
