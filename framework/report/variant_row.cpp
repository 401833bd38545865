#include "report/variant_row.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/metrics.hpp"
#include "report/statistics.hpp"

namespace elbo::report {
namespace {

VariantRow row_of(const RunOutcome& run) {
  return {.variant = run.variant,
          .measure = run.key ? in_words(*run.key) : run.text("measure"),
          .key = run.key,
          .likelihood = run.text("likelihood"),
          .conversion = run.conversion,
          .converted_to_bound = run.converted_to_bound,
          .ranked = run.ranked,
          .is_bound = run.text("bound") != "none",
          .values = {},
          .runs = {}};
}

/// Over as many test data as log p(x) is of, where that is not all of them.
std::optional<double> elbo_of_first(const RunOutcome& run) {
  const auto images = run.value(metrics::log_px_images);
  const auto column = run.per_example.find(metrics::elbo);
  if (!images || !run.value(metrics::log_px) || column == run.per_example.end()) return {};
  std::vector<double> values = column->second();
  if (!(*images < static_cast<double>(values.size()))) return {};
  values.resize(static_cast<size_t>(*images));
  return mean(values);
}

std::map<std::string, Estimate> estimates(const std::vector<RunOutcome>& runs) {
  std::map<std::string, std::vector<double>> collected;
  for (const RunOutcome& run : runs) {
    for (const auto& [name, value] : run.summary->values) collected[name].push_back(value);
    if (const auto elbo = elbo_of_first(run)) collected[metrics::elbo_of_same_data].push_back(*elbo);
  }
  std::map<std::string, Estimate> all;
  for (const auto& [name, values] : collected)
    if (values.size() == runs.size()) all[name] = {mean(values), std::sqrt(sample_variance(values))};
  return all;
}

}  // namespace

std::string RunOutcome::text(const std::string& name) const {
  if (!summary) return "";
  const auto found = summary->texts.find(name);
  return found == summary->texts.end() ? "" : found->second;
}

std::optional<double> RunOutcome::value(const std::string& name) const {
  if (!summary) return {};
  const auto found = summary->values.find(name);
  return found == summary->values.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Estimate> VariantRow::find(const std::string& value) const {
  const auto found = values.find(value);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

bool VariantRow::same_measure(const VariantRow& other) const {
  if (key && other.key) return key->same_measure(*other.key);
  return !key && !other.key && measure == other.measure;
}

size_t test_data_of(const RunOutcome& run) {
  for (const Metric& metric : {metrics::elbo, metrics::log_px})
    if (const auto column = run.per_example.find(metric); column != run.per_example.end())
      return column->second().size();
  return 0;
}

std::string conversion_mark(const VariantRow& row) {
  if (row.conversion.empty()) return "";
  if (!row.ranked) return "bound, not ranked";
  return row.converted_to_bound ? "bound" : "exact";
}

std::vector<VariantRow> rows_of(const std::vector<RunOutcome>& runs) {
  std::vector<VariantRow> rows;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    const VariantRow row = row_of(run);
    auto same = std::find_if(rows.begin(), rows.end(), [&](const VariantRow& other) {
      return other.variant == row.variant && other.same_measure(row) && other.is_bound == row.is_bound &&
             other.ranked == row.ranked;
    });
    if (same == rows.end()) same = rows.insert(rows.end(), row);
    same->runs.push_back(run);
  }
  for (VariantRow& row : rows) {
    row.seeds = row.runs.size();
    row.values = estimates(row.runs);
  }
  return rows;
}

}  // namespace elbo::report
