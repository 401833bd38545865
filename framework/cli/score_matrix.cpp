#include "cli/score_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/display.hpp"
#include "base/text.hpp"
#include "metrics/metrics.hpp"
#include "observation/measure_key.hpp"
#include "report/log_px_trust.hpp"
#include "report/statistics.hpp"
#include "report/table.hpp"

namespace elbo::cli {
using Json = nlohmann::ordered_json;
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
         report::format_table(columns, rows, width);
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

}  // namespace

std::string score_matrix(const std::vector<Json>& answers, size_t width) {
  const auto decoders = decoders_of(answers);
  std::vector<std::string> sections;
  for (const Table& table : tables_of(answers)) sections.push_back(matrix(table, decoders, width));
  sections.push_back(wrapped(fitted(answers, decoders), width));
  sections.push_back(wrapped(refused(answers, decoders), width));
  std::erase(sections, "");
  return join(sections, "\n");
}

}  // namespace elbo::cli
