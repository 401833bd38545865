#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "cli/finished_runs.hpp"
#include "cli/score_matrix.hpp"
#include "cli/words.hpp"
#include "experiment/applicability.hpp"
#include "experiment/parse.hpp"
#include "plan/run.hpp"
#include "plugins/registry.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

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

po::variables_map read_score_words(const Arguments& arguments) {
  using Texts = std::vector<std::string>;
  po::options_description own;
  own.add_options()("run", po::value<Texts>())("likelihood", po::value<std::string>())("set", po::value<Texts>())(
      "images", po::value<int64_t>()->default_value(1000))(
      "importance-samples", po::value<int64_t>()->default_value(0))("json", "")("help", "");
  return read_words("score", arguments, own, "run");
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
  const plugins::Description plugin = registry.describe(registry.find("likelihood", name));
  experiment::Table settings;
  for (const std::string& text : overrides) {
    const experiment::Override one = experiment::parse_override(text);
    experiment::set_at(settings, one.path, one.where, one.node);
  }
  set_open(settings, plugin.options);
  experiment::Faults faults;
  PluginChoice choice{"likelihood", plugin.found.name, plugin.found.path, plugin.sha256, {}};
  choice.settings = experiment::read_effective_options(settings, "likelihood", plugin.options, {}, faults);
  faults.raise();
  return choice;
}

/// What the worker is asked; the plugins travel as they do in a run.
Json request_of(const po::variables_map& given, const std::vector<fs::path>& folders) {
  const auto overrides = given.count("set") ? given["set"].as<std::vector<std::string>>() : std::vector<std::string>();
  plugins::Registry registry(plugin_folders());
  Json targets = Json::array();
  for (const std::string& name : names_in(given["likelihood"].as<std::string>())) {
    Run run = run_from_json(Json::parse(read_file(folders.front() / "run.json")));
    run.likelihood = choice_of(name, overrides, registry);
    targets.push_back(to_json(run));
  }
  return {{"folders", absolute_places(folders)},
          {"targets", targets},
          {"images", given["images"].as<int64_t>()},
          {"importance_samples", given["importance-samples"].as<int64_t>()},
          {"as_trained", true}};
}

}  // namespace

int score(const Arguments& arguments) {
  const auto given = read_score_words(arguments);
  if (given.count("help")) return fmt::print("{}", score_help), 0;
  if (!given.count("run") || !given.count("likelihood"))
    throw UserError("elbo score: no run, or no likelihood is named; expected elbo score RUN --likelihood NAME");
  if (given["images"].as<int64_t>() < 1 || given["importance-samples"].as<int64_t>() < 0)
    throw UserError("elbo score: --images must be 1 or more, --importance-samples 0 (as the run) or more");
  const auto folders = finished_runs(given["run"].as<std::vector<std::string>>());
  const auto lines = ask_worker("score", request_of(given, folders), "scored_under");
  if (given.count("json")) {
    for (const Json& line : lines) fmt::print("{}\n", line.dump());
  } else {
    fmt::print("{}", score_matrix(lines, isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0));
  }
  const auto is_new_score = [](const Json& line) {
    return line["scored_under"] != "as trained" && !line.contains("refused");
  };
  return std::any_of(lines.begin(), lines.end(), is_new_score) ? 0 : 1;
}

}  // namespace elbo::cli
