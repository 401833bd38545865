#include "report/converting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "metrics/summary.hpp"
#include "report/comparability.hpp"

namespace elbo::report {
namespace {

using observation::MeasureKey;

std::vector<MeasureKey> measures_of(const std::vector<RunOutcome>& runs) {
  std::vector<MeasureKey> distinct;
  for (const RunOutcome& run : runs) {
    if (!run.key) continue;
    const bool known = std::any_of(distinct.begin(), distinct.end(),
                                   [&](const MeasureKey& key) { return key.same_measure(*run.key); });
    if (!known) distinct.push_back(*run.key);
  }
  return distinct;
}

/// Those that no one-way rule leads on from come first: there the others can meet.
std::vector<MeasureKey> final_ones_first(std::vector<MeasureKey> measures) {
  const std::vector<MeasureKey> all = measures;
  std::stable_partition(measures.begin(), measures.end(), [&](const MeasureKey& key) {
    return std::none_of(all.begin(), all.end(),
                        [&](const MeasureKey& to) { return conversion(key, to) && !conversion(to, key); });
  });
  return measures;
}

/// Mean of those totals that are finite and whose datum has a finite value, as the mean of the values is; 0 without values.
double mean_where_finite(const std::vector<double>& totals, const std::vector<double>& values) {
  double sum = 0, n = 0;
  bool any_value = false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    any_value = true;
    const double total = i < totals.size() ? totals[i] : 0;
    if (std::isfinite(total)) sum += total, ++n;
  }
  if (!any_value) return 0;
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> sum_of(std::vector<double> values, const std::vector<double>& totals, double shift) {
  for (size_t i = 0; i < values.size(); ++i) values[i] += shift + (i < totals.size() ? totals[i] : 0);
  return values;
}

/// False when the run lacks what the conversion needs.
bool convert(RunOutcome& run, const MeasureKey& to, const Conversion& rule) {
  if (!run.summary || !run.key) return false;
  Numbers log_total = numbers_of({});
  if (rule.adds_log_total) {
    const auto found = run.per_example.find(metrics::log_p_total);
    if (found == run.per_example.end()) return false;
    log_total = found->second;
  }
  auto& values = run.summary->values;
  for (const Metric& metric : per_datum_metrics()) {
    if (!metric.log_likelihood) continue;
    const auto column = run.per_example.find(metric);
    double added = rule.added;
    if (column != run.per_example.end()) {
      if (rule.adds_log_total) added += mean_where_finite(log_total(), column->second());
      column->second = [before = column->second, log_total, shift = rule.added] {
        return sum_of(before(), log_total(), shift);
      };
    } else if (rule.adds_log_total) {
      added += mean_where_finite(log_total(), log_total());
    }
    if (const auto value = values.find(metric); value != values.end()) value->second += added;
  }
  const auto bound = values.contains(metrics::log_px) ? values.find(metrics::log_px) : values.find(metrics::elbo);
  if (to.levels > 0 && !to.is_density() && bound != values.end())
    values[metrics::bits_per_dim] = -bound->second / (static_cast<double>(to.dimensions) * std::numbers::ln2);
  const auto estimator = run.key->estimator;
  run.key = to;
  run.key->estimator = estimator;
  run.conversion = rule.words;
  run.converted_to_bound = !rule.exact;
  run.ranked = rule.ranked;
  return true;
}

}  // namespace

std::vector<RunOutcome> converted(std::vector<RunOutcome> runs) {
  const auto measures = final_ones_first(measures_of(runs));
  for (RunOutcome& run : runs) {
    if (!run.key || !run.summary) continue;
    for (const MeasureKey& to : measures) {
      if (run.key->same_measure(to)) break;  // the first of those that convert into each other stays
      const auto rule = conversion(*run.key, to);
      if (rule && convert(run, to, *rule)) break;
    }
    if (!run.conversion.empty()) continue;
    for (const MeasureKey& to : measures) {  // one-way rules lead to measures that come later, too
      const auto rule = conversion(*run.key, to);
      if (rule && !conversion(to, *run.key) && convert(run, to, *rule)) break;
    }
  }
  return runs;
}

}  // namespace elbo::report
