// elbo evaluate RUN...
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/value_json.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "cli/trust.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "metrics/evaluation.hpp"
#include "plan/run.hpp"
#include "report/run_text.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* before_metrics =
    "elbo evaluate RUN... [--metrics NAME[,NAME...]] [--set KEY=VALUE ...] [--device NAME] [--json]\n"
    "Measures finished runs on their test data, writes evaluation.h5 beside each log and prints a table for each "
    "metric.\n"
    "Nothing is trained and no log is changed; metrics measured before stay in the file until they are measured "
    "again.\n"
    "  RUN             the log.h5 or the folder of a finished run, a folder of runs, or a pattern; several may be "
    "named\n"
    "  --metrics LIST  of these (default: those of the run's [evaluate], or those with a * that fit the data):\n";
constexpr const char* after_metrics =
    "  --set KEY=VALUE a key of [evaluate], as images=500, bound_samples=[1,50,5000], ais_temperatures=2000; may be "
    "repeated\n"
    "  --device NAME   cpu, cuda, or auto (default: where the run was trained, if that can be had here)\n"
    "  --json          one JSON object a line, a run each\n";

std::string evaluate_help() {
  std::string text = before_metrics;
  for (const Evaluation* one : all_evaluations())
    text += fmt::format("                  {:<14} {} {}\n", one->name, one->is_usual ? '*' : ' ', one->long_name);
  return text + after_metrics + trust_help;
}

std::vector<std::string> usual_metrics() {
  return evaluation_names([](const Evaluation& one) { return one.is_usual; });
}

Options evaluate_options() {
  using Texts = std::vector<std::string>;
  Options own;
  own.add_options()("run", po::value<Texts>())("metrics", po::value<std::string>())("set", po::value<Texts>())("json",
                                                                                                               "");
  add_device_option(own);
  add_trust_option(own);
  return own;
}

/// The keys of [evaluate] that the command line says.
experiment::Table said_on(const ParsedArguments& given) {
  experiment::Table table;
  const auto add = [&](const std::string& text) {
    const experiment::Override one = experiment::parse_override(text);
    if (one.path.size() == 2 && one.path[0] == "evaluate")
      experiment::set_at(table, {one.path[1]}, one.where, one.node);
    else experiment::set_at(table, one.path, one.where, one.node);
  };
  for (const std::string& text : texts_of(given, "set")) add(text);
  if (given.count("metrics")) add("metrics=" + Json(names_in(given["metrics"].as<std::string>())).dump());
  return table;
}

/// The metrics that the experiments of these runs ask for.
std::vector<std::string> metrics_of(const std::vector<fs::path>& folders) {
  std::set<std::string> metrics;
  for (const fs::path& folder : folders) {
    const Run run = read_run(folder);
    metrics.insert(run.evaluate.metrics.begin(), run.evaluate.metrics.end());
  }
  return {metrics.begin(), metrics.end()};
}

/// Metrics that the user or each experiment asks for by name; else the usual ones.
bool are_asked_for(const experiment::Table& said, const std::vector<fs::path>& folders) {
  if (const experiment::Node* metrics = said.find("metrics"); metrics && to_string(*metrics) != "[]") return true;
  return std::none_of(folders.begin(), folders.end(),
                      [](const fs::path& folder) { return metrics_of({folder}).empty(); });
}

/// What is said, checked as in an experiment file that measures the metrics that are said, or else these.
Json checked(const experiment::Table& said, const std::vector<std::string>& otherwise) {
  experiment::Faults faults;
  std::vector<experiment::Section> sections = {{"evaluate", known_options<EvaluateConfig>().list(), {}, said}};
  std::vector<Setting>& settings = sections[0].settings;
  settings = experiment::read_options(said, "evaluate", sections[0].declared, {}, faults);
  const auto has_no_effect = [&](const std::string& key, const char* remedy) {
    if (const experiment::Node* given = said.find(key))
      faults.add(
          given->where,
          "evaluate." + key + " has no effect here: log p(x) of the log was measured when the run ended; " + remedy);
  };
  has_no_effect("importance_samples", "set bound_samples for --metrics bounds");
  has_no_effect("evidence", "use --metrics evidence for that of a ladder");
  faults.raise();
  for (Setting& setting : settings) {
    if (setting.name == "metrics" && !said.find("metrics")) setting.value = otherwise;
    if (setting.name == "importance_samples") setting.value = int64_t{0};
    if (setting.name == "evidence") setting.value = std::string("importance");
  }
  check_effects(sections, faults);
  faults.raise();
  Json json = Json::object();
  for (const Setting& setting : settings)
    if (said.find(setting.name)) json[setting.name] = to_json(setting.value);
  return json;
}

int evaluate(const Arguments& arguments) {
  const auto words = read_words("evaluate", evaluate_help(), arguments, evaluate_options(), "run");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  if (!given.count("run")) throw UserError("elbo evaluate: no run is named; expected elbo evaluate RUN");
  const experiment::Table said = said_on(given);
  const auto folders = finished_runs(given);
  const bool asked_for = are_asked_for(said, folders);
  Json settings = checked(said, asked_for ? metrics_of(folders) : usual_metrics());
  if (!asked_for) settings["metrics"] = usual_metrics();
  Json request = {{"folders", absolute_places(folders)}, {"settings", settings}};
  if (const auto device = device_of("evaluate", given)) request["device"] = *device;
  const auto answers = ask_worker("evaluate", request, "metrics");
  if (given.count("json"))
    for (const Json& answer : answers) print("{}\n", answer.dump());
  else print("{}", report::evaluation_text(answers, isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0));
  const bool refused =
      std::any_of(answers.begin(), answers.end(), [](const Json& a) { return !a.at("refused").empty(); });
  return asked_for && refused ? 1 : 0;
}

}  // namespace

std::vector<Verb> verbs_of_evaluate() {
  return {
      {"evaluate", "RUN...", "measure finished runs: bounds, AIS, latents, probes, factors", evaluate, 100},
  };
}

}  // namespace elbo::host::cli
