// elbo score: decoders by the likelihood they were trained under, columns by the one they are scored under.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/trust.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "metrics/effective.hpp"
#include "metrics/metrics.hpp"
#include "observation/measure_key.hpp"
#include "plan/run.hpp"
#include "plugins/registry.hpp"
#include "report/remarks.hpp"
#include "report/statistics/statistics.hpp"
#include "report/table.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

std::string text_of(const Json& answer, const char* name) { return answer.value(name, std::string()); }

/// Adds what is not there yet, and says where it stands.
size_t place_of(std::vector<std::string>& known, const std::string& text) {
  const auto at = std::find(known.begin(), known.end(), text);
  if (at != known.end()) return static_cast<size_t>(at - known.begin());
  known.push_back(text);
  return known.size() - 1;
}

/// Answers on one measure.
struct Table {
  observation::MeasureKey key;
  std::vector<const Json*> answers;
};

std::vector<Table> tables_of(const std::vector<Json>& answers) {
  std::vector<Table> tables;
  for (const Json& answer : answers) {
    if (!answer.contains("measure_key")) continue;
    const observation::MeasureKey key = observation::measure_key_from_json(answer.at("measure_key"));
    auto same =
        std::find_if(tables.begin(), tables.end(), [&](const Table& table) { return table.key.same_measure(key); });
    if (same == tables.end()) same = tables.insert(tables.end(), {key, {}});
    same->answers.push_back(&answer);
  }
  return tables;
}

using Decoders = std::vector<std::pair<std::string, std::string>>;  // settings and name

/// How each trained decoder is called, by its settings: its variant, with a number where another one has that name.
Decoders decoders_of(const std::vector<Json>& answers) {
  Decoders decoders;
  for (const Json& answer : answers) {
    const std::string settings = text_of(answer, "settings"), variant = text_of(answer, "variant");
    const auto known = [&](const auto& decoder) { return decoder.first == settings; };
    if (std::any_of(decoders.begin(), decoders.end(), known)) continue;
    std::string name = variant;
    for (int number = 2; std::any_of(decoders.begin(), decoders.end(), [&](const auto& d) { return d.second == name; });
         ++number)
      name = fmt::format("{} #{}", variant, number);
    decoders.emplace_back(settings, name);
  }
  return decoders;
}

/// "gaussian #2, seed 1"
std::string run_of(const Json& answer, const Decoders& decoders) {
  const auto known = [&](const auto& decoder) { return decoder.first == text_of(answer, "settings"); };
  return fmt::format("{}, seed {}", std::find_if(decoders.begin(), decoders.end(), known)->second,
                     answer.at("seed").dump());
}

std::string cell(const std::vector<double>& values, int decimals) {
  if (values.empty()) return "-";
  std::string mean = fmt::format("{:.{}f}", report::mean(values), decimals);
  if (values.size() < 2) return mean;
  return mean + fmt::format(" ± {:.{}f}", std::sqrt(report::sample_variance(values)), decimals);
}

/// K and the number of test data, once if they are the same for all.
std::string estimator_of(const Table& table) {
  std::set<std::string> all;
  for (const Json* answer : table.answers) {
    const Json& e = answer->at("measure_key").at("estimator");
    all.insert(fmt::format("{} importance samples, {} test data", e.at("samples").dump(), e.at("images").dump()));
  }
  if (all.size() == 1) return *all.begin();
  return "R8: not comparable, as the numbers of importance samples or test data differ; set --importance-samples and "
         "--images";
}

/// Why some of the numbers are no more than lower bounds; empty where each can be taken for log p(x).
std::string why_only_bounds(const Table& table) {
  for (const Json* answer : table.answers) {
    std::map<std::string, double> summary;
    for (const auto& [name, value] : answer->items())
      if (value.is_number()) summary[name] = value.get<double>();
    if (std::string why = report::why_only_a_bound(summary); !why.empty()) return why;
  }
  return "";
}

/// Of which half or more of the test data one sample decides log p(x).
std::string where_one_decides(const Table& table, const Decoders& decoders) {
  std::vector<std::string> names;
  for (const Json* answer : table.answers)
    if (const Json& median = answer->at(metrics::ess_median.name);
        median.is_number() && one_decides(median, answer->at(metrics::log_px_samples.name)))
      names.push_back(fmt::format("{} under {}", run_of(*answer, decoders), text_of(*answer, "scored_under")));
  if (names.empty()) return "";
  return fmt::format(
      "one sample decides log p(x) of half of the test data or more, so that its Monte Carlo error is not "
      "known: {}\n",
      join(names, "; "));
}

std::string matrix(const Table& table, const Decoders& decoders, size_t width) {
  const bool bits = std::all_of(table.answers.begin(), table.answers.end(),
                                [](const Json* a) { return a->contains(metrics::bits_per_dim.name); });
  const Metric& metric = bits ? metrics::bits_per_dim : metrics::log_px;
  std::vector<std::string> targets;
  for (const Json* answer : table.answers) place_of(targets, text_of(*answer, "scored_under"));
  std::vector<report::Column> columns = {{"decoder", "", true}, {"trained under", "", true}};
  for (const std::string& target : targets) columns.push_back({target, metric.unit});
  std::vector<report::Row> rows;
  for (const auto& [settings, name] : decoders) {
    std::string trained_under;
    std::vector<std::vector<double>> values(targets.size());
    for (const Json* answer : table.answers) {
      const Json& value = answer->at(metric.name);
      if (text_of(*answer, "settings") != settings) continue;
      trained_under = text_of(*answer, "trained_under");
      values[place_of(targets, text_of(*answer, "scored_under"))].push_back(value.is_number() ? value.get<double>()
                                                                                              : std::nan(""));
    }
    if (trained_under.empty()) continue;
    report::Row row = {name, trained_under};
    for (const auto& of_target : values) row.push_back(cell(of_target, metric.decimals));
    rows.push_back(std::move(row));
  }
  const std::string why = why_only_bounds(table), what = why.empty() ? "log p(x)" : "a lower bound on log p(x)";
  return wrapped(
             fmt::format("measure: {}\n{} by the likelihood that scores, {} is better; {}\n{}\n", in_words(table.key),
                         bits ? metric.heading() + (" of " + what) : what, in_words(metric.better), estimator_of(table),
                         why.empty() ? "" : "only bounds, since for some of them " + why + "\n"),
             width) +
         report::format_table(columns, rows, width) + wrapped(where_one_decides(table, decoders), width);
}

std::string fitted(const std::vector<Json>& answers, const Decoders& decoders) {
  std::string text;
  for (const Json& answer : answers) {
    const std::string how = text_of(answer, "fit");
    if (how.empty() || how == "none") continue;
    std::vector<std::string> values;
    for (const auto& [name, value] : answer.at("fitted").items())
      values.push_back(fmt::format("{} {:.4f}", name, value.get<double>()));
    text += fmt::format("  {}, under {}: {} ({})\n", run_of(answer, decoders), text_of(answer, "scored_under"),
                        values.empty() ? "its shared scale" : join(values), how);
  }
  return text.empty() ? "" : "fitted to the training data, raw as the decoder would give them:\n" + text;
}

std::string refused(const std::vector<Json>& answers, const Decoders& decoders) {
  std::string text;
  for (const Json& answer : answers)
    if (answer.contains("refused"))
      text += fmt::format("{}: {}\n", run_of(answer, decoders), text_of(answer, "refused"));
  return text;
}

/// Takes out what was scored twice, since a copy of a run is no other seed, and says of what.
std::string take_repeated(std::vector<Json>& answers, const Decoders& decoders) {
  std::set<std::string> known, repeated;
  std::erase_if(answers, [&](const Json& answer) {
    const std::string run = run_of(answer, decoders);
    if (known.insert(text_of(answer, "scored_under") + " " + run).second) return false;
    repeated.insert(run);
    return true;
  });
  std::string text;
  for (const std::string& run : repeated)
    text += run + ": was named more than once, or a copy of it; only the first is in the matrix\n";
  return text;
}

/// From the worker's answers, one object for each run and likelihood: a matrix for each measure with the mean and standard
/// deviation over seeds, then what was fitted, and what was refused. `width` as in report::format_table.
std::string score_matrix(std::vector<Json> answers, size_t width) {
  const auto decoders = decoders_of(answers);
  const std::string repeated = take_repeated(answers, decoders);
  std::vector<std::string> sections;
  for (const Table& table : tables_of(answers)) sections.push_back(matrix(table, decoders, width));
  sections.push_back(wrapped(fitted(answers, decoders), width));
  sections.push_back(wrapped(refused(answers, decoders) + repeated, width));
  std::erase(sections, "");
  return join(sections, "\n");
}

constexpr const char* score_help =
    "elbo score RUN... --likelihood NAME[,NAME...] [--set OPTION=VALUE ...] [--images N] [--importance-samples K] "
    "[--json]\n"
    "Scores trained decoders under other likelihoods, on the same measure, and prints the matrix: trained under x "
    "scored\n"
    "under. The decoder's mean becomes the other one's location; what is left of its parameters is fitted to training\n"
    "data, in closed form where there is one. Nothing is trained.\n"
    "  RUN                     the log.h5 or the folder of a finished run, a folder of runs, or a pattern; several may "
    "be named\n"
    "  --likelihood NAMES      one or several, with commas between\n"
    "  --set OPTION=VALUE      an option of the likelihood; may be repeated\n"
    "  --images N              test data to score (default 1000)\n"
    "  --importance-samples K  of log p(x) (default: as the run was evaluated)\n"
    "  --json                  one JSON object a line, each a run under a likelihood\n";

Options score_options() {
  using Texts = std::vector<std::string>;
  Options own;
  own.add_options()("run", po::value<Texts>())("likelihood", po::value<std::string>())("set", po::value<Texts>())(
      "images", po::value<int64_t>()->default_value(1000))("importance-samples", po::value<int64_t>())("json", "");
  add_trust_option(own);
  return own;
}

/// Parameters of a scale or a dispersion become outputs, which the host can set, unless the user chose otherwise.
void set_open(experiment::Table& settings, const std::vector<Option>& options) {
  for (const Option& option : options) {
    const auto& choices = option.choices;
    if (std::find(choices.begin(), choices.end(), "per_pixel") == choices.end() || settings.find(option.name)) continue;
    experiment::Entry open;
    open.key = option.name;
    open.node.value = std::string("per_pixel");
    settings.set(open);
  }
}

PluginChoice choice_of(const std::string& name, const std::vector<std::string>& overrides,
                       plugins::Registry& registry) {
  const plugins::PluginDescription plugin = registry.describe(registry.find("likelihood", name));
  experiment::Table settings = table_of(overrides);
  set_open(settings, plugin.options);
  experiment::Faults faults;
  PluginChoice choice{"likelihood", plugin.found.name, plugin.found.path, plugin.sha256, {}};
  choice.settings = experiment::read_effective_options(settings, "likelihood", plugin.options, {}, faults);
  faults.raise();
  return choice;
}

/// What the worker is asked; the plugins travel as they do in a run.
Json request_of(const ParsedArguments& given, const std::vector<fs::path>& folders) {
  plugins::Registry registry(plugin_folders());
  Json targets = Json::array();
  for (const std::string& name : names_in(given["likelihood"].as<std::string>())) {
    Run run = read_run(folders.front());
    run.likelihood = choice_of(name, texts_of(given, "set"), registry);
    targets.push_back(to_json(run));
  }
  return {{"folders", absolute_places(folders)},
          {"targets", targets},
          {"images", given["images"].as<int64_t>()},
          {"importance_samples", importance_samples_of("score", given).value_or(0)},
          {"as_trained", true}};
}

int score(const Arguments& arguments) {
  const auto words = read_words("score", std::string(score_help) + trust_help, arguments, score_options(), "run");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  if (!given.count("run") || !given.count("likelihood"))
    throw UserError("elbo score: no run, or no likelihood is named; expected elbo score RUN --likelihood NAME");
  if (given["images"].as<int64_t>() < 1)
    throw UserError(fmt::format("elbo score: --images is {}; expected 1 or more", given["images"].as<int64_t>()));
  const auto folders = finished_runs(given);
  const auto lines = ask_worker("score", request_of(given, folders), "scored_under");
  if (given.count("json")) {
    for (const Json& line : lines) print("{}\n", line.dump());
  } else {
    print("{}", score_matrix(lines, isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0));
  }
  const auto is_new_score = [](const Json& line) {
    return line["scored_under"] != "as trained" && !line.contains("refused");
  };
  return std::any_of(lines.begin(), lines.end(), is_new_score) ? 0 : 1;
}

}  // namespace

std::vector<Verb> verbs_of_score() {
  return {
      {"score", "RUN --likelihood NAME", "score a trained decoder under another likelihood", score, 90},
  };
}

}  // namespace elbo::host::cli
