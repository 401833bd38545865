// A comparison as comma-separated values: the answers behind "#", then a row for each variant, every digit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/json.hpp"
#include "base/text.hpp"
#include "metrics/summary.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::report {
namespace {

/// The table of /summary, and what the reports compute beside it.
std::vector<Metric> columns() {
  std::vector<Metric> all;
  for (const SummaryMetric& one : summary_metrics()) all.push_back(one.metric);
  all.push_back(metrics::elbo_of_same_data);
  return all;
}

/// What a row's numbers can carry; `mark` as in the table.
struct Said {
  std::string ranked_by, of, mark, times, procedure;
  double p_best = std::numeric_limits<double>::quiet_NaN(), mean_square = p_best, moderated = p_best;
};

std::vector<std::string> fields_of(const VariantRow& row, const Said& said, const std::vector<std::string>& settings) {
  std::vector<std::string> fields = {csv_field(row.variant), csv_field(row.measure), csv_field(row.likelihood),
                                     row.is_bound ? "yes" : "no", std::to_string(row.seeds)};
  fields.insert(fields.end(), settings.begin(), settings.end());
  for (const Metric& metric : columns()) {
    const auto estimate = row.find(metric);
    fields.push_back(estimate ? csv_field(estimate->mean) : "");
    fields.push_back(estimate ? csv_field(estimate->sd) : "");
  }
  for (const std::string& text : {std::to_string(row.planned_seeds()), said.ranked_by, said.of, said.mark, said.times})
    fields.push_back(csv_field(text));
  for (const double number : {said.p_best, said.mean_square, said.moderated})
    fields.push_back(std::isnan(number) ? "" : csv_field(number));
  fields.push_back(csv_field(said.procedure));
  fields.push_back(csv_field(conversion_mark(row)));
  return fields;
}

std::string comparable_times(const std::vector<VariantRow>& rows) {
  return why_times_differ(rows).empty() ? "comparable" : "not comparable";
}

/// What is said of each row of a ranking.
std::vector<Said> said_of(const Ranking& ranking) {
  std::vector<Said> all;
  const auto marks = marks_of(ranking);
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    Said said{ranking.value, ranking.of_bounds ? "lower bounds" : "log p(x)", r < marks.size() ? marks[r] : "",
              comparable_times(ranking.rows), procedure(ranking)};
    if (ranking.best[r].is_compared) said.p_best = ranking.best[r].p;
    if (const auto place = ranking.noise ? ranking.noise->place_of(r) : std::nullopt) {
      said.mean_square = ranking.noise->noise.mean_squares[*place];
      said.moderated = ranking.noise->noise.variances[*place];
    }
    all.push_back(said);
  }
  return all;
}

struct CsvRow {
  const VariantRow* row;
  Said said;
};

/// Each ranking with its trials that were not chosen, then autoencoders.
std::vector<CsvRow> rows_in(const Comparison& comparison) {
  std::vector<CsvRow> rows;
  for (const Ranking& ranking : comparison.rankings) {
    const auto said = said_of(ranking);
    for (size_t r = 0; r < ranking.rows.size(); ++r) rows.push_back({&ranking.rows[r], said[r]});
    for (const VariantRow& row : ranking.trials)
      rows.push_back({&row, {"", "", "not chosen", comparable_times(ranking.trials), ""}});
  }
  for (const VariantRow& row : comparison.autoencoders)
    rows.push_back({&row, {"", "", "", comparable_times(comparison.autoencoders), ""}});
  return rows;
}

/// Of the first run of each row.
std::vector<SettingColumn> settings_of_rows(const std::vector<CsvRow>& rows) {
  std::vector<nlohmann::ordered_json> plans;
  for (const CsvRow& one : rows) plans.push_back(json_or_discarded(one.row->runs.front().summary->plan_json));
  return setting_columns(plans);
}

/// A comment must not end before its text.
std::string comment(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return "# " + text + "\n";
}

}  // namespace

std::string comparison_csv(const Comparison& comparison) {
  std::vector<std::string> header = {"variant", "measure", "likelihood", "bound", "seeds"};
  const auto rows = rows_in(comparison);
  const auto settings = settings_of_rows(rows);
  for (const SettingColumn& column : settings) header.push_back(csv_field(column.name));
  for (const Metric& metric : columns()) {
    header.push_back(fmt::format("{} [{}]", metric.name, metric.unit));
    header.push_back(fmt::format("{} sd [{}]", metric.name, metric.unit));
  }
  for (const char* name : {"planned seeds", "ranked by", "which are", "mark", "training times", "p best",
                           "seed mean square [nat^2]", "seed variance [nat^2]", "procedure", "converted"})
    header.push_back(name);
  std::string csv;
  for (const Ranking& ranking : comparison.rankings) {
    const Answer said = answer(ranking);
    csv += comment(said.in_words()) + (said.claim.empty() ? "" : comment(said.claim));
  }
  for (const NotRanked& run : comparison.not_ranked) csv += comment("not ranked: " + run.sentence());
  for (const std::string& sentence : comparison.unfinished) csv += comment("without a result: " + sentence);
  csv += join(header, ",") + "\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> values;
    for (const SettingColumn& column : settings) values.push_back(csv_field(column.text(r)));
    csv += join(fields_of(*rows[r].row, rows[r].said, values), ",") + "\n";
  }
  return csv;
}

}  // namespace elbo::host::report
