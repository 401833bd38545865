#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "metrics/summary.hpp"
#include "report/answer.hpp"
#include "report/comparison.hpp"
#include "report/comparison_table.hpp"
#include "report/training_time.hpp"

namespace elbo::report {
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

std::vector<std::string> fields_of(const VariantRow& row, const Said& said) {
  std::vector<std::string> fields = {csv_field(row.variant), csv_field(row.measure), csv_field(row.likelihood),
                                     row.is_bound ? "yes" : "no", std::to_string(row.seeds)};
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

/// A comment must not end before its text.
std::string comment(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return "# " + text + "\n";
}

}  // namespace

std::string comparison_csv(const Comparison& comparison) {
  std::vector<std::string> header = {"variant", "measure", "likelihood", "bound", "seeds"};
  for (const Metric& metric : columns()) {
    header.push_back(fmt::format("{} [{}]", metric.name, metric.unit));
    header.push_back(fmt::format("{} sd [{}]", metric.name, metric.unit));
  }
  for (const char* name : {"planned seeds", "ranked by", "which are", "mark", "training times", "p best",
                           "seed mean square [nat^2]", "seed variance [nat^2]", "procedure", "converted"})
    header.push_back(name);
  std::string csv;
  for (const Ranking& ranking : comparison.rankings) csv += comment(answer(ranking));
  csv += join(header, ",") + "\n";
  for (const Ranking& ranking : comparison.rankings) {
    const auto said = said_of(ranking);
    for (size_t r = 0; r < ranking.rows.size(); ++r) csv += join(fields_of(ranking.rows[r], said[r]), ",") + "\n";
  }
  for (const VariantRow& row : comparison.autoencoders)
    csv += join(fields_of(row, {"", "", "", comparable_times(comparison.autoencoders), ""}), ",") + "\n";
  return csv;
}

}  // namespace elbo::report
