// elbo impute RUN [FILE]: the missing values of a table, completed by a trained model.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/data_request.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "cli/trust.hpp"
#include "report/table.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* impute_help =
    "elbo impute RUN [FILE] [-o OUT] [--samples K] [--seed N] [--set KEY=VALUE ...]\n"
    "            [--given NAME=VALUE ...] [--device NAME] [--json]\n"
    "Completes a table: for each missing value the mean of its posterior predictive distribution given what is\n"
    "observed of its row, with a 90 % interval; of names the most probable one with its probability. Observed values\n"
    "stay as they are in the file. Rows whose importance weights leave too few effective samples are named. Nothing\n"
    "is trained.\n"
    "  RUN              the log.h5 or the folder of a finished run\n"
    "  FILE             a table with the run's columns (default: the run's own data)\n"
    "  -o, --out OUT    a .csv file for the completed table, beside it <name>.entries.csv with intervals and\n"
    "                   probabilities and <name>.entries.json with the seed; or a .h5 file with all as arrays;\n"
    "                   without it, only a table is printed\n"
    "  --samples K      importance samples of each row, 100 or more (default 1000)\n"
    "  --seed N         of the samples (default 1)\n"
    "  --set KEY=VALUE  how FILE is read, where that differs from the run's data: format, select or missing_values of\n"
    "                   [dataset]; may be repeated\n"
    "  --given NAME=VALUE  of a run with dataset.condition: the same for all rows, which FILE then need not have\n"
    "  --device NAME    cpu, cuda, or auto (default: where the run was trained)\n"
    "  --json           one JSON object instead of the table\n";

constexpr int64_t least_samples = 100;  // fewer cannot be trusted in any row

Options impute_options() {
  using Texts = std::vector<std::string>;
  Options own;
  own.add_options()("words", po::value<Texts>())("out,o", po::value<std::string>())(
      "samples", po::value<int64_t>()->default_value(1000))("seed", po::value<int64_t>()->default_value(1))(
      "set", po::value<Texts>())("given", po::value<Texts>())("json", "");
  add_device_option(own);
  add_trust_option(own);
  return own;
}

std::string entry_table(const Json& entries, double coverage, size_t width) {
  const std::string interval = fmt::format("{:g} % interval", 100 * coverage);
  const std::vector<report::Column> columns = {{"row", ""},          {"column", "", true}, {"value", "", true},
                                               {interval, "", true}, {"probability", ""},  {"effective samples", ""},
                                               {"k-hat", "", true}};
  const auto number = [](const Json& e, const char* name, int decimals) {
    const Json& value = e.contains(name) ? e.at(name) : Json();
    return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), decimals) : "-";
  };
  std::vector<report::Row> lines;
  for (const Json& e : entries)
    lines.push_back({e.at("row").dump(), e.at("column").get<std::string>(), e.at("text").get<std::string>(),
                     e.value("interval", "-"), number(e, "probability", 3), number(e, "ess", 0),
                     number(e, "pareto_k", 2) + (e.at("trusted").get<bool>() ? "" : " (not trusted)")});
  return report::format_table(columns, lines, width);
}

/// Which rows are not to be trusted, and what helps.
std::string doubts_in_words(const Json& answer) {
  const auto all = answer.at("not_trusted").get<size_t>(), heavy = answer.at("heavy_tail").get<size_t>();
  std::string text;
  if (all > heavy)
    text += fmt::format(
        "{}: fewer than {} effective samples, so that what stands there is not to be trusted; take more "
        "--samples\n",
        counted(all - heavy, "row"), least_samples);
  if (heavy > 0)
    text += fmt::format(
        "{}: the weights have a heavy tail (Pareto k-hat above 0.7), so that what stands there is not to be trusted; "
        "more samples seldom help: the encoder's q(z|x) is too narrow or far off for such rows\n",
        counted(heavy, "row"));
  return text;
}

std::string imputation_in_words(const Json& answer, size_t width) {
  const auto imputed = answer.at("imputed").get<size_t>(), incomplete = answer.at("incomplete").get<size_t>();
  std::string text = fmt::format("{}: {}, {} of them with missing values", answer.at("file").get<std::string>(),
                                 counted(answer.at("rows").get<size_t>(), "row"), incomplete);
  if (imputed == 0) return text + ": nothing is left to complete\n";
  std::vector<std::string> columns;
  for (const auto& [name, count] : answer.at("columns").items()) columns.push_back(name + " " + count.dump());
  text += fmt::format("\n{} completed by {} importance samples a row, seed {}: {}\n", counted(imputed, "value"),
                      answer.at("samples").dump(), answer.at("seed").dump(), join(columns));
  text += doubts_in_words(answer);
  const Json& first = answer.at("first");
  return wrapped(text, width) + (first.size() < imputed ? "\nthe first of them\n" : "\n") +
         entry_table(first, answer.at("coverage").get<double>(), width);
}

Json impute_request(const ParsedArguments& given) {
  const std::vector<std::string> words = texts_of(given, "words");
  if (words.empty() || words.size() > 2)
    throw UserError(fmt::format("elbo impute: {} given; expected a run, and perhaps a file: elbo impute RUN [FILE]",
                                words.empty() ? "nothing is" : "more are"));
  if (words.size() > 1 && !fs::exists(words[1]))
    throw UserError(words[1] + ": there is no such file; expected a table with the run's columns; correct its name");
  const auto samples = given["samples"].as<int64_t>(), seed = given["seed"].as<int64_t>();
  if (samples < least_samples)
    throw UserError(
        fmt::format("elbo impute: --samples {}; expected {} or more, as fewer leave no row that can be trusted",
                    samples, least_samples));
  if (seed < 0) throw UserError(fmt::format("elbo impute: --seed {}; expected 0 or more", seed));
  Json request = {{"file", words.size() > 1 ? words[1] : ""},
                  {"settings", reading_settings("impute", given)},
                  {"samples", samples},
                  {"seed", seed}};
  if (given.count("given")) request["given"] = given_in("elbo impute", texts_of(given, "given"));
  if (given.count("out")) request["out"] = given["out"].as<std::string>();
  return request;
}

int impute(const Arguments& arguments) {
  const auto words = read_words("impute", std::string(impute_help) + trust_help, arguments, impute_options(), "words");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  Json request = impute_request(given);
  const fs::path folder = fs::absolute(finished_run("impute", texts_of(given, "words")[0], given));
  request["folder"] = folder.string();
  if (request.contains("out")) {
    const fs::path out = request["out"].get<std::string>();
    std::vector<fs::path> files = {out};
    for (const char* beside : {".entries.csv", ".entries.json"})
      files.push_back(fs::path(out).replace_extension(beside));
    check_output(files, request["file"].get<std::string>(), folder);
  }
  if (const auto device = device_of("impute", given)) request["device"] = *device;
  const std::string file = request.at("file").get<std::string>();
  print_answers("impute", request, given, "imputed", file.empty() ? "the run's own file" : file, imputation_in_words);
  return 0;
}

}  // namespace

std::vector<Verb> verbs_of_impute() {
  return {
      {"impute", "RUN [FILE]", "the missing values of a table, completed with intervals", impute, 96},
  };
}

}  // namespace elbo::host::cli
