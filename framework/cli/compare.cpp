#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/planned_seeds.hpp"
#include "cli/words.hpp"
#include "launch/run_folder.hpp"
#include "plan/run.hpp"
#include "report/comparison.hpp"
#include "report/read_runs.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

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

po::variables_map read_compare_words(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("log", po::value<std::vector<std::string>>())("format",
                                                                  po::value<std::string>()->default_value("text"))(
      "margin-bits", po::value<double>()->default_value(report::Margins().bits_per_dim))(
      "margin-nats", po::value<double>()->default_value(report::Margins().nats))("help", "");
  return read_words("compare", arguments, own, "log");
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
    const Run run = run_from_json(nlohmann::ordered_json::parse(read_file(files.path() / "run.json")));
    const auto is_this = [&](const report::RunOutcome& known) {
      return known.variant == run.variant && known.seed == run.seed;
    };
    if (std::none_of(runs.begin(), runs.end(), is_this))
      runs.push_back({.variant = run.variant, .seed = run.seed, .summary = {}, .failure = files.failure()});
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
  const auto print = [](const std::string& sentence) { fmt::print(stderr, "elbo compare: {}\n", sentence); };
  for (const report::Ranking& ranking : comparison.rankings)
    for (const auto& sentences : {verdicts(ranking), ranking.notes})
      for (const std::string& sentence : sentences) print(sentence);
  for (const report::NotRanked& run : comparison.not_ranked) print("not ranked: " + run.sentence());
  for (const auto& sentences : {comparison.plugins, comparison.notes, comparison.unfinished})
    for (const std::string& sentence : sentences) print(sentence);
}

}  // namespace

int compare(const Arguments& arguments) {
  const auto given = read_compare_words(arguments);
  if (given.count("help")) return fmt::print("{}", compare_help), 0;
  const std::string format = given["format"].as<std::string>();
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    throw UserError("elbo compare: --format " + format + ": not a format" + suggestion(format, formats));
  if (!given.count("log"))
    throw UserError("elbo compare: no log is named; expected the log.h5 of some runs, or a folder that holds them");
  const auto words = given["log"].as<std::vector<std::string>>();
  auto loaded = report::read_runs(report::logs_named(words));
  add_failures(loaded.runs);
  std::ranges::move(planned_but_absent(loaded.runs), std::back_inserter(loaded.runs));
  for (const std::string& word : words) add_runs_without_log(word, loaded.runs);
  const report::Margins margins{given["margin-bits"].as<double>(), given["margin-nats"].as<double>()};
  if (!(margins.bits_per_dim > 0) || !(margins.nats > 0))
    throw UserError(
        "elbo compare: --margin-bits or --margin-nats is not above 0; expected a difference that does not matter");
  report::Comparison comparison = report::compare(loaded.runs, margins);
  comparison.notes.insert(comparison.notes.begin(), loaded.notes.begin(), loaded.notes.end());
  fmt::print("{}", written(comparison, format));
  if (format == "csv") print_what_rows_do_not_say(comparison);
  return comparison.not_ranked.empty() && comparison.unfinished.empty() ? 0 : 1;
}

}  // namespace elbo::cli
