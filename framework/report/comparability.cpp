#include "report/comparability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "metrics/metrics.hpp"
#include "metrics/summary.hpp"

namespace elbo::host::report {
namespace {

using observation::MeasureKey;

bool same_data(const MeasureKey& a, const MeasureKey& b) {
  return a.data == b.data && a.test_ids == b.test_ids && a.observed == b.observed && a.dimensions == b.dimensions;
}

/// log |dy/dx| of the whole chain for one dimension; NaN when a step does not say it.
double log_jacobian(const MeasureKey& key) {
  double sum = 0;
  for (const MeasureKey::Step& t : key.chain) sum += t.log_jacobian_per_dim;
  return sum;
}

/// The steps that made other data of the stored ones. What was made of the files of an image is part of the data that both have.
std::vector<std::string> changes_of_data(const MeasureKey& key) {
  std::vector<std::string> names;
  for (const MeasureKey::Step& t : key.chain)
    if (t.changes_data) names.push_back(t.name);
  return names;
}

/// The cross-entropy of soft targets is E_b log p(b | z) for b ~ Bernoulli(x), so its bound lies below the mean over draws.
std::optional<Conversion> to_binary_draws(const MeasureKey& from, const MeasureKey& to) {
  if (!from.has_soft_targets() || !to.binarisation.starts_with("dynamic")) return {};
  return Conversion{
      .exact = false,
      .ranked = false,
      .words =
          "soft targets give a lower bound of the mean of log p(x) over binary draws; without a rank beside "
          "numbers of one draw (R3)"};
}

bool is_dequantised(const MeasureKey& key) { return key.quantisation.starts_with("dequantised"); }

/// log P(k) >= E_u log p((k + u) / levels) - D log levels (Theis et al. 2016)
std::optional<Conversion> to_levels(const MeasureKey& from, const MeasureKey& to) {
  if (!is_dequantised(from) || to.is_density() || from.levels != to.levels || to.levels == 0) return {};
  const double added = static_cast<double>(from.dimensions) * log_jacobian(from);
  if (std::isnan(added)) return {};
  return Conversion{
      .added = added,
      .exact = false,
      .words = fmt::format("density on dequantised levels {:+.2f} nat, a lower bound of the mass", added)};
}

std::optional<Conversion> to_other_unit(const MeasureKey& from, const MeasureKey& to) {
  const bool plain = from.is_density() && from.base == to.base && from.quantisation == "none" &&
                     to.quantisation == "none" && changes_of_data(from) == changes_of_data(to);
  const double added = static_cast<double>(from.dimensions) * (log_jacobian(from) - log_jacobian(to));
  if (!plain || std::isnan(added)) return {};
  return Conversion{.added = added, .words = fmt::format("another unit of x, {:+.2f} nat", added)};
}

/// A distribution that is given the size of a data point but need not keep it wastes what it gives to counts of another total: its
/// number is a lower bound of log P(x | total).
bool wastes_mass(const MeasureKey& key) { return key.conditioning == "library size"; }

/// P(x) = P(total) P(x | total)
std::optional<Conversion> to_whole_counts(const MeasureKey& from, const MeasureKey& to) {
  if (from.base != "CM" || to.base != "CN") return {};
  const std::string words = "with log P(total) of a distribution fitted to the training totals";
  if (!wastes_mass(from)) return Conversion{.adds_log_total = true, .words = words};
  return Conversion{.exact = false,
                    .adds_log_total = true,
                    .words = words + ", a lower bound: its distribution does not keep the total"};
}

std::optional<Conversion> to_given_total(const MeasureKey& from, const MeasureKey& to) {
  if (from.base != "CM" || to.base != "CM" || !wastes_mass(from) || wastes_mass(to)) return {};
  return Conversion{.exact = false,
                    .words = "a lower bound of the mass given the total, which its distribution does not keep"};
}

Refusal other_measure(const MeasureKey& a, const MeasureKey& b) {
  const std::string both = fmt::format("one is a {}, the other a {}", in_words(a), in_words(b));
  if (a.quantisation == "centres" || b.quantisation == "centres")
    return {"R1",
            both + "; a density at the centres of levels, without noise, has no conversion: evaluate interval masses"};
  return {"R1", both};
}

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

/// Mean of those totals that are finite and whose data point has a finite value, as the mean of the values is; 0 without values.
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

// How many times its own size (or one nat for each value of x) a reference must be missed by.
constexpr double times_own_baseline = 10, times_other_runs = 100;
constexpr double least_scale = 10;  // nats, where a reference near 0 says nothing of the size

bool on_one_measure(const RunOutcome& a, const RunOutcome& b) {
  if (a.key && b.key) return a.key->same_measure(*b.key);
  return !a.key && !b.key && a.text("measure") == b.text("measure");
}

/// The best finite elbo of the other runs; -infinity without any.
double best_of_others(const RunOutcome& run, const std::vector<RunOutcome>& all) {
  double best = -std::numeric_limits<double>::infinity();
  for (const RunOutcome& other : all) {
    if (&other == &run || !other.summary || !on_one_measure(run, other)) continue;
    if (const auto elbo = other.value(metrics::elbo); elbo && std::isfinite(*elbo)) best = std::max(best, *elbo);
  }
  return best;
}

bool is_far_below(double elbo, double reference, double times, const RunOutcome& run) {
  const double dimensions = run.key ? static_cast<double>(run.key->dimensions) : 0;
  return reference - elbo > times * std::max({std::abs(reference), dimensions, least_scale});
}

/// Whether some test data have a finite bound: then they are counted instead (R12).
bool any_finite(const RunOutcome& run, double elbo) {
  const auto column = run.per_example.find(metrics::elbo);
  if (column == run.per_example.end()) return std::isinf(elbo);
  const auto values = column->second();
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

constexpr const char* remedy = "lower train.optimizer.lr or set train.clip_norm, and run it again";

Refusal refusal_of(const std::string& what) {
  return {diverged_rule, fmt::format("its training diverged: its elbo {}; {}", what, remedy)};
}

}  // namespace

std::optional<Conversion> conversion(const MeasureKey& from, const MeasureKey& to) {
  if (!same_data(from, to) || from.same_measure(to) || from.direction != to.direction) return {};
  if (auto bound = to_levels(from, to)) return bound;
  if (auto bound = to_binary_draws(from, to)) return bound;
  if (auto whole = to_whole_counts(from, to)) return whole;
  if (auto bound = to_given_total(from, to)) return bound;
  if (from.conditioning != to.conditioning || from.given != to.given || from.binarisation != to.binarisation) return {};
  return to_other_unit(from, to);
}

std::optional<Refusal> refusal(const MeasureKey& a, const MeasureKey& b) {
  if (a.same_measure(b)) return {};
  if (a.data != b.data) return Refusal{"R1", "the data or their split differ"};
  if (a.test_ids != b.test_ids) return Refusal{"R1", "the test data differ"};
  if (a.observed != b.observed)
    return Refusal{"R1", fmt::format("the observed test values differ ({}; {})", a.observed, b.observed)};
  if (a.dimensions != b.dimensions)
    return Refusal{"R1", fmt::format("data of {} and of {} dimensions", a.dimensions, b.dimensions)};
  if (a.base == b.base && a.binarisation != b.binarisation) {
    if (a.has_soft_targets() || b.has_soft_targets())
      return Refusal{"R3", "grey values as targets of a binary likelihood bound the mean over draws, not a draw"};
    return Refusal{
        "R2", fmt::format("binarisation differs ({}; {}): these are different data", a.binarisation, b.binarisation)};
  }
  if (a.direction != b.direction)
    return Refusal{
        "R1", fmt::format("one is larger where it is better and the other is not ({}; {})", a.direction, b.direction)};
  if (a.given != b.given)
    return Refusal{"R11", fmt::format("what is given of the data differs ({}; {})", a.given, b.given)};
  if (a.conditioning != b.conditioning)
    return Refusal{"R11", fmt::format("conditioning differs (given: {}; given: {})", a.conditioning, b.conditioning)};
  if (std::isnan(log_jacobian(a)) || std::isnan(log_jacobian(b)))
    return Refusal{"R10", "a transform of the data does not say its Jacobian"};
  return other_measure(a, b);
}

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

std::optional<Refusal> diverged(const RunOutcome& run, const std::vector<RunOutcome>& all) {
  if (!run.summary || run.text("bound") == "none") return {};
  const auto elbo = run.value(metrics::elbo);
  if (!elbo) return {};
  if (!std::isfinite(*elbo))
    return any_finite(run, *elbo) ? std::nullopt : std::optional(refusal_of("is finite for no test data"));
  if (const auto baseline = run.value(metrics::without_latents); baseline && std::isfinite(*baseline)) {
    if (!is_far_below(*elbo, *baseline, times_own_baseline, run)) return {};
    return refusal_of(fmt::format(
        "of {:.4g} nat lies far below the {:.4g} nat that its likelihood reaches without latents", *elbo, *baseline));
  }
  const double best = best_of_others(run, all);
  if (std::isinf(best) || !is_far_below(*elbo, best, times_other_runs, run)) return {};
  return refusal_of(
      fmt::format("of {:.4g} nat lies orders of magnitude below the {:.4g} nat of another run", *elbo, best));
}

}  // namespace elbo::host::report
