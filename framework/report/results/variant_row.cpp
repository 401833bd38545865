#include <algorithm>
#include <cmath>
#include <iterator>

#include "metrics/metrics.hpp"
#include "report/results/variant_row.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {
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

std::vector<int64_t> groups_of(const VariantRow& row) {
  const auto column = row.runs.front().per_example.find(group_column);
  if (column == row.runs.front().per_example.end()) return {};
  std::vector<int64_t> groups;
  for (const double group : column->second()) groups.push_back(static_cast<int64_t>(group));
  return groups;
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

const std::vector<double>& VariantValues::of(int64_t seed) const {
  return rows[static_cast<size_t>(std::lower_bound(seeds.begin(), seeds.end(), seed) - seeds.begin())];
}

SeedRows VariantValues::of(const std::vector<int64_t>& wanted) const {
  SeedRows chosen;
  for (const int64_t seed : wanted) chosen.push_back(of(seed));
  return chosen;
}

std::vector<bool> VariantValues::finite() const {
  std::vector<bool> all(rows.empty() ? 0 : rows[0].size(), true);
  for (const auto& row : rows) {
    all.resize(std::min(all.size(), row.size()));
    for (size_t i = 0; i < all.size(); ++i) all[i] = all[i] && std::isfinite(row[i]);
  }
  return all;
}

VariantValues values_of(const VariantRow& row, const std::string& name) {
  std::map<int64_t, std::vector<double>> by_seed;
  for (const RunOutcome& run : row.runs) {
    const auto found = run.per_example.find(name);
    if (found == run.per_example.end()) return {};
    by_seed[run.seed] = found->second();
    if (by_seed[run.seed].empty()) return {};
  }
  VariantValues values{.groups = groups_of(row)};
  for (auto& [seed, numbers] : by_seed) {
    values.seeds.push_back(seed);
    values.rows.push_back(std::move(numbers));
  }
  return values;
}

std::vector<int64_t> common_seeds(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common;
}

CommonImages common_images(const VariantValues& a, const VariantValues& b) {
  const auto in_a = a.finite(), in_b = b.finite();
  CommonImages common;
  for (size_t i = 0; i < std::min(in_a.size(), in_b.size()); ++i) {
    if (in_a[i] && in_b[i]) common.images.push_back(i);
    common.of_one += in_a[i] != in_b[i];
  }
  return common;
}

SeedRows at_images(const SeedRows& rows, const std::vector<size_t>& images) {
  SeedRows chosen(rows.size());
  for (size_t s = 0; s < rows.size(); ++s)
    for (const size_t i : images) chosen[s].push_back(rows[s][i]);
  return chosen;
}

SeedRows differences(const SeedRows& a, const SeedRows& b) {
  SeedRows d = a;
  for (size_t s = 0; s < d.size(); ++s)
    for (size_t i = 0; i < d[s].size(); ++i) d[s][i] -= b[s][i];
  return d;
}

std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value) {
  const VariantValues of_a = values_of(a, value), of_b = values_of(b, value);
  if (of_a.empty() || of_b.empty()) return {};
  const auto images = common_images(of_a, of_b).images;
  return differences({means_of_columns(at_images(of_a.rows, images))},
                     {means_of_columns(at_images(of_b.rows, images))})[0];
}

}  // namespace elbo::host::report
