// elbo apply RUN FILE: a trained model on new data.
#include <fmt/format.h>

#include <cmath>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/data_request.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "cli/trust.hpp"
#include "metrics/effective.hpp"
#include "metrics/metrics.hpp"
#include "metrics/pareto.hpp"
#include "metrics/rung.hpp"
#include "report/table.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* apply_help =
    "elbo apply RUN FILE [-o OUT] [--importance-samples K] [--set KEY=VALUE ...] [--given NAME=VALUE ...]\n"
    "                    [--device NAME] [--json]\n"
    "Scores the rows of a file by a trained model: log p(x) with its error, the elbo, a ranking with the most unusual\n"
    "rows first; and in OUT the codes and what they are decoded to. Columns, names, units and transforms are those of\n"
    "the run's own data; what does not fit is refused by row and column. Nothing is trained.\n"
    "  RUN                     the log.h5 or the folder of a finished run\n"
    "  FILE                    a table, an array or a folder of images, in any format that can be trained on\n"
    "  -o, --out OUT           a .csv or .h5 file for all of it, row by row; without it, only a table is printed\n"
    "  --importance-samples K  of log p(x) (default: as the run was evaluated)\n"
    "  --set KEY=VALUE         how FILE is read, where that differs from the run's data: format, select, layout,\n"
    "                          missing_values or memory_gb of [dataset]; may be repeated\n"
    "  --given NAME=VALUE      of a run with dataset.condition: the same for all rows, which FILE then need not have\n"
    "  --device NAME           cpu, cuda, or auto (default: where the run was trained)\n"
    "  --json                  one JSON object instead of the table\n";

Options apply_options() {
  using Texts = std::vector<std::string>;
  Options own;
  own.add_options()("words", po::value<Texts>())("out,o", po::value<std::string>())(
      "importance-samples", po::value<int64_t>())("set", po::value<Texts>())("given", po::value<Texts>())("json", "");
  add_device_option(own);
  add_trust_option(own);
  return own;
}

std::string number(const Json& row, const std::string& name, int decimals) {
  const auto found = row.find(name);
  return found == row.end() || !found->is_number() ? "-" : fmt::format("{:.{}f}", found->get<double>(), decimals);
}

/// Of log p(x) over its samples; in words where one of them decides, so that their spread says nothing.
std::string error_of(const Json& row, int64_t samples) {
  if (!row.contains(metrics::rung.name) && row.contains(metrics::ess.name) && row.at(metrics::ess.name).is_number() &&
      one_decides(row.at(metrics::ess.name), samples))
    return "one sample decides";
  return number(row, metrics::monte_carlo_se, 3);
}

/// By which estimator, or how heavy the tail of the weights is.
std::string diagnosis(const Json& row) {
  if (row.contains(metrics::rung.name) && row.at(metrics::rung.name).is_number())
    return rung_names.at(static_cast<size_t>(row.at(metrics::rung.name).get<double>()));
  return number(row, metrics::pareto_k, 2);
}

std::string table_of_rows(const Json& answer, const Json& rows, size_t width) {
  const std::string by = answer.at("by");
  const bool has_names = !rows.empty() && rows[0].contains("name"), has_log_px = by == metrics::log_px.name,
             is_ladder = !rows.empty() && rows[0].contains(metrics::rung.name);
  std::vector<report::Column> columns = {{"row", ""}};
  if (has_names) columns.push_back({"name", "", true});
  if (has_log_px) {
    columns.push_back({metrics::log_px.heading(), "nat"});
    columns.push_back({"±", "nat"});
    columns.push_back({is_ladder ? "estimator" : "k-hat", "", is_ladder});
  }
  if (by != metrics::reconstruction.name) columns.push_back({metrics::elbo.heading(), "nat"});
  columns.push_back({metrics::reconstruction.heading(), "nat"});
  columns.push_back({"test data below", "%"});
  std::vector<report::Row> lines;
  for (const Json& row : rows) {
    report::Row line = {row.at("row").dump()};
    if (has_names) line.push_back(row.at("name"));
    if (has_log_px) {
      line.push_back(number(row, metrics::log_px, metrics::log_px.decimals));
      line.push_back(error_of(row, answer.at("samples")));
      line.push_back(diagnosis(row));
    }
    if (by != metrics::reconstruction.name) line.push_back(number(row, metrics::elbo, metrics::elbo.decimals));
    line.push_back(number(row, metrics::reconstruction, metrics::reconstruction.decimals));
    line.push_back(row.contains("test_below") && row.at("test_below").is_number()
                       ? fmt::format("{:.1f}", 100 * row.at("test_below").get<double>())
                       : "-");
    lines.push_back(std::move(line));
  }
  return report::format_table(columns, lines, width);
}

std::string estimated(const Json& answer) {
  const std::string by = answer.at("by"), estimator = answer.at("estimator");
  if (by == metrics::elbo.name) return "elbo, as the run estimates no log p(x)";
  if (by == metrics::reconstruction.name) return "log p(x|z), as the run has no bound on log p(x)";
  return estimator == ladder_name ? fmt::format("log p(x) by the {} of estimators", estimator)
                                  : fmt::format("log p(x) by {} importance samples", answer.at("samples").dump());
}

std::string in_words(const Json& answer, size_t width) {
  const auto rows = answer.at("rows").get<size_t>(), scored = answer.at("scored").get<size_t>();
  std::string text = fmt::format("{}: {}{}\n{}: mean {} ± {} nat", answer.at("file").get<std::string>(),
                                 counted(rows, "row"), scored == rows ? "" : fmt::format(", {} of them scored", scored),
                                 estimated(answer), number(answer, "mean", 3), number(answer, "standard_error", 3));
  if (answer.at("test_data").get<size_t>() > 0)
    text += fmt::format("; of the run's own {} test data {} ± {} nat", answer.at("test_data").dump(),
                        number(answer, "test_mean", 3), number(answer, "test_standard_error", 3));
  text += "\n";
  if (const auto infinite = answer.at("not_finite").get<size_t>(); infinite > 0)
    text += fmt::format("{}: log p(x) is not finite, so that the mean is of the others\n", counted(infinite, "row"));
  if (const auto bounds = answer.at("not_trusted").get<size_t>(); bounds > 0)
    text += fmt::format("of {} log p(x) is only a lower bound: {}\n", counted(bounds, "row"),
                        answer.at("estimator") == ladder_name ? "no estimator passed its test"
                                                              : fmt::format("k-hat is above {}", trusted_k));
  if (const auto decided = answer.at("one_sample_decides").get<size_t>(); decided > 0)
    text += fmt::format(
        "of {} one of {} samples has more than half of all weight, so that its error is not known; give more samples "
        "by "
        "--importance-samples\n",
        counted(decided, "row"), answer.at("samples").dump());
  text = wrapped(text, width);
  const Json &first = answer.at("first"), &lowest = answer.at("lowest");
  if (first.size() == scored) return text + "\n" + table_of_rows(answer, first, width);
  return text + "\nthe first rows\n" + table_of_rows(answer, first, width) + "\nthe most unusual rows\n" +
         table_of_rows(answer, lowest, width);
}

/// A run and a file; and how the file is read.
Json request_of(const ParsedArguments& given) {
  const std::vector<std::string> words = texts_of(given, "words");
  if (words.size() != 2)
    throw UserError(fmt::format("elbo apply: {} given; expected a run and a file: elbo apply RUN FILE",
                                words.empty()       ? "nothing is"
                                : words.size() == 1 ? "no file is"
                                                    : "more are"));
  if (!fs::exists(words[1]))
    throw UserError(words[1] + ": there is no such file; expected data for the run; correct its name");
  Json request = {{"file", words[1]}, {"settings", reading_settings("apply", given)}};
  if (const auto samples = importance_samples_of("apply", given)) request["importance_samples"] = *samples;
  if (given.count("given")) request["given"] = given_in("elbo apply", texts_of(given, "given"));
  if (given.count("out")) request["out"] = given["out"].as<std::string>();
  return request;
}

int apply(const Arguments& arguments) {
  const auto words = read_words("apply", std::string(apply_help) + trust_help, arguments, apply_options(), "words");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  Json request = request_of(given);
  const fs::path folder = fs::absolute(finished_run("apply", texts_of(given, "words")[0], given));
  request["folder"] = folder.string();
  if (request.contains("out"))
    check_output({request["out"].get<std::string>()}, request["file"].get<std::string>(), folder);
  if (const auto device = device_of("apply", given)) request["device"] = *device;
  print_answers("apply", request, given, "applied", request.at("file").get<std::string>(), in_words);
  return 0;
}

}  // namespace

std::vector<Verb> verbs_of_apply() {
  return {
      {"apply", "RUN FILE", "log p(x), codes and a ranking of new data by a trained model", apply, 95},
  };
}

}  // namespace elbo::host::cli
