#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>
#include <set>

#include "metrics/metrics.hpp"
#include "metrics/summary.hpp"
#include "report/results/variant_row.hpp"
#include "report/results/verification.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {
namespace {

constexpr double agreement = 1e-9;       // of a number computed again in float64, relative to its size or to 1
constexpr double rounding_nats = 0.01;   // of float32 sums over the values of one data point
constexpr double rounding_share = 1e-5;  // of a mean of such sums, relative to its size
constexpr double errors_beyond = 5;      // standard errors of a data point's own estimate
constexpr double fewest_weights = 10;    // of which their spread tells the error of their mean
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
constexpr double chance = 1e-6;  // of refusing an honest log because an estimate is large by luck

/// What /summary has to hold, as far as the numbers of each test data point and the measure key decide it. The key says how log p(x)
/// was estimated; rankings rest on it as on the summary.
std::map<std::string, double> computed_again(const RunOutcome& run, PerDatum& columns) {
  DatumColumns data{.column = [&](const std::string& name) { return columns.find(name); },
                    .estimated = columns.estimated(),
                    .dimensions = run.key ? run.key->dimensions : 0};
  if (run.key && run.key->estimator.name != "elbo") data.images = run.key->estimator.images;
  if (run.key && run.key->estimator.name == "iwae") data.samples = run.key->estimator.samples;
  std::map<std::string, double> values;
  for (const auto& [metric, compute] : summary_metrics())
    if (const auto value = compute ? compute(metric, data) : std::nullopt) values[metric] = *value;
  if (columns.find(metrics::pareto_k)) values.try_emplace(metrics::pareto_k_high, not_known);
  if (columns.find(metrics::rung)) return values;
  values.erase(metrics::log_px_bias);  // NaN claims nothing, and earlier builds wrote it whatever Pareto k-hat was
  const auto bias = data.estimates(metrics::bias);
  if (const auto claimed = run.value(metrics::log_px_bias); bias && claimed && !std::isnan(*claimed))
    values[metrics::log_px_bias] = mean_of(*bias);
  return values;
}

bool agree(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= agreement * std::max({1.0, std::abs(a), std::abs(b)});
}

constexpr const char* what_to_do =
    "the log was changed after its run, or another program wrote it; repeat the run, or put back the log as it was "
    "written";

std::optional<Refusal> disagreement(const RunOutcome& run, PerDatum& columns) {
  const auto again = computed_again(run, columns);
  for (const Metric& needed :
       {metrics::elbo, metrics::log_px, metrics::reconstruction, metrics::kl, metrics::valid_elbo})
    if (const auto value = run.value(needed); value && !again.contains(needed))
      return Refusal{
          "R15",
          fmt::format(
              "/summary/{} is {:.6g}, but the log has no number of each data point that it could be computed from; {}",
              needed.name, *value, what_to_do)};
  for (const auto& [name, value] : run.summary->values) {
    const auto expected = again.find(name);
    if (expected != again.end() && !agree(value, expected->second))
      return Refusal{"R15",
                     fmt::format("/summary/{} is {:.10g}, but the numbers of each data point and the measure key give "
                                 "{:.10g}; expected the same; {}",
                                 name, value, expected->second, what_to_do)};
  }
  return {};
}

/// elbo = reconstruction - kl of each data point, as float32 gives it.
std::optional<Refusal> terms_that_do_not_add_up(PerDatum& columns) {
  const OfEachDatum *elbo = columns.find(metrics::elbo), *reconstruction = columns.find(metrics::reconstruction),
                    *kl = columns.find(metrics::kl);
  if (!elbo || !reconstruction || !kl) return {};
  for (size_t i = 0; i < elbo->size() && i < reconstruction->size() && i < kl->size(); ++i) {
    const double expected = (*reconstruction)[i] - (*kl)[i];
    const double size = std::max({1.0, std::abs((*reconstruction)[i]), std::abs((*kl)[i])});
    if (std::isfinite(expected) && !(std::abs((*elbo)[i] - expected) <= rounding_share * size))
      return Refusal{"R15",
                     fmt::format("/per_example/elbo of test data point {} is {:.6g}, but its reconstruction less its "
                                 "kl is {:.6g}; expected the same; {}",
                                 i, (*elbo)[i], expected, what_to_do)};
  }
  return {};
}

/// How far an honest estimate may lie above 0 where its expectation is a probability. A weight w of mean p <= 1 exceeds e^t with
/// probability e^-t at most (Markov), and so does the product of the weights of all data.
double by_luck(size_t data) { return std::log(static_cast<double>(std::max<size_t>(1, data)) / chance); }

Refusal above_one(const char* words, const std::string& whose, double nats) {
  return {"R16",
          fmt::format("the {} of {} is {:+.6g} nat, and no log-probability is above 0: no probability exceeds 1; a "
                      "likelihood is not "
                      "normalised, or the log was changed; run elbo plugins check on the likelihood and the prior",
                      words, whose, nats)};
}

/// `allowed`: how far each data point may lie above 0.
std::optional<Refusal> first_above(const OfEachDatum& values, const Metric& metric,
                                   const std::function<double(size_t)>& allowed) {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] > std::min(rounding_nats + allowed(i), by_luck(values.size())))
      return above_one(metric.heading(), fmt::format("test data point {}", i), values[i]);
  return {};
}

/// Log-probabilities above 0. The reconstruction is one for each sample, so it has no room but rounding; an estimate of log p(x) has
/// its own error, and an elbo with a sampled KL what that KL is below 0.
std::optional<Refusal> probability_above_one(const RunOutcome& run, PerDatum& columns) {
  if (!run.key || run.key->is_density()) return {};
  if (const OfEachDatum* reconstruction = columns.find(metrics::reconstruction))
    if (auto found = first_above(*reconstruction, metrics::reconstruction, [](size_t) { return 0.0; })) return found;
  if (const OfEachDatum* total = columns.find(metrics::log_p_total)) {
    if (auto found = first_above(*total, metrics::log_p_total, [](size_t) { return 0.0; })) return found;
    std::set<double> different;  // totals of other probabilities are other totals
    std::copy_if(total->begin(), total->end(), std::inserter(different, different.end()),
                 [](double log_p) { return std::isfinite(log_p); });
    double sum = 0;
    for (const double log_p : different) sum += std::exp(log_p);
    if (sum > std::exp(rounding_nats))
      return above_one("sum of P(total)", "the totals of the test data", std::log(sum));
  }
  if (const OfEachDatum* exact = columns.find(metrics::exact_log_px))
    if (auto found = first_above(*exact, metrics::exact_log_px, [](size_t) { return 0.0; })) return found;
  if (const OfEachDatum* elbo = columns.find(metrics::elbo)) {
    const OfEachDatum* kl = columns.find(metrics::kl);
    const auto below_0 = [&](size_t i) { return kl && i < kl->size() ? std::max(0.0, -(*kl)[i]) : 0.0; };
    if (auto found = first_above(*elbo, metrics::elbo, below_0)) return found;
  }
  if (const OfEachDatum* log_px = columns.find(metrics::log_px)) {
    const OfEachDatum* ess = columns.find(metrics::ess);
    const auto samples = run.summary->values.find(metrics::log_px_samples);
    const double k = samples == run.summary->values.end() ? infinite : samples->second;
    const auto error =
        [&](size_t i) {  // of the log of a mean of K weights, by the delta method; of a few weights it is not known
          if (k < fewest_weights) return infinite;
          const double known = ess && i < ess->size() ? (*ess)[i] : not_known;
          return std::isfinite(known) ? errors_beyond * std::sqrt(std::max(0.0, 1 / known - 1 / k)) : 0.0;
        };
    if (auto found = first_above(*log_px, metrics::log_px, error)) return found;
    double sum = 0;
    for (const double v : *log_px) sum += std::isfinite(v) ? v : 0;
    if (sum > by_luck(1)) return above_one("sum of log p(x)", "all test data", sum);
  }
  const auto rail = run.summary->values.find(metrics::without_latents);
  if (rail != run.summary->values.end() && rail->second > rounding_nats)
    return above_one("mean log p(x) without latents", "the test data", rail->second);
  return {};
}

// Bounds that lie above what they bound: then a density and the samples that it is averaged over do not belong together.

constexpr double certain = 0.00135, doubtful = 0.05;  // of the normal distribution beyond 3 and 1.64 standard errors
constexpr double rounding_of_a_mean = 1e-5;           // of float32 sums, relative to its size

/// The mean of those that are finite; nothing of fewer than two.
std::optional<Difference> mean_with_error(const OfEachDatum& values) {
  OfEachDatum finite;
  for (const double v : values)
    if (std::isfinite(v)) finite.push_back(v);
  if (finite.size() < 2) return {};
  return with_t(mean(finite), standard_error(finite), static_cast<double>(finite.size()) - 1);
}

/// By how much a bound lies above what it bounds.
std::optional<Difference> excess(PerDatum& columns, const Metric& bound, const Metric& bounded) {
  const OfEachDatum *low = columns.find(bound), *high = columns.find(bounded);
  return low && high ? mean_with_error(first_of(difference_of(*low, *high), columns.estimated())) : std::nullopt;
}

/// By how much a mean lies below 0.
std::optional<Difference> below_zero(PerDatum& columns, const Metric& metric) {
  const OfEachDatum* column = columns.find(metric);
  return column ? mean_with_error(difference_of(OfEachDatum(column->size(), 0), *column)) : std::nullopt;
}

/// Whether so large an excess has this one-sided chance at most where the truth is 0; of few data by Student's distribution.
bool is_beyond(const Difference& d, double size, double tail) {
  const double errors = quantile(complement(boost::math::students_t(d.degrees_of_freedom), tail));
  return d.mean > errors * d.standard_error + rounding_of_a_mean * std::max(1.0, std::abs(size));
}

std::string name_of(const RunOutcome& run, const std::string& kind) {
  for (const log::PluginRecord& plugin : run.summary->plugins)
    if (plugin.kind == kind) return kind + ":" + plugin.name;
  return "the " + kind;
}

/// A mean that lies on the wrong side of what is true of every right model.
struct Excess {
  Difference size;
  double of;  // what it is compared with, for rounding
  std::string sentence;
};

std::string numbers(const Difference& d) {
  return fmt::format("{:.3f} nat with a standard error of {:.3f}", d.mean, d.standard_error);
}

std::vector<Excess> excesses(const RunOutcome& run) {
  std::vector<Excess> all;
  PerDatum columns(run);
  const std::string encoder = name_of(run, "encoder"), prior = name_of(run, "prior"),
                    likelihood = name_of(run, "likelihood");
  if (const auto d = excess(columns, metrics::elbo, metrics::log_px))
    all.push_back(
        {*d, run.value(metrics::elbo).value_or(0),
         fmt::format("its elbo lies above log p(x) of the same test data by {}, and a lower bound is never "
                     "above what it bounds; the samples of {} do not follow the density that it declares; "
                     "run elbo plugins check {} (where that passes, the KL in closed form of {} is too small)",
                     numbers(*d), encoder, encoder, prior)});
  for (const Metric& bound : {metrics::elbo, metrics::log_px})
    if (const auto d = excess(columns, bound, metrics::exact_log_px))
      all.push_back({*d, run.value(metrics::exact_log_px).value_or(0),
                     fmt::format("its {} lies above the exact log p(x) of the same test data by {}, and no lower bound "
                                 "can; either the samples of {} do not follow the density that it declares, or {} or "
                                 "{} is not normalised; run elbo plugins check on each",
                                 bound.heading(), numbers(*d), encoder, likelihood, prior)});
  if (const auto d = below_zero(columns, metrics::kl))
    all.push_back({*d, run.value(metrics::reconstruction).value_or(0),
                   fmt::format("its KL lies below 0 by {}, and no KL does; either the samples of {} do not follow the "
                               "density that it declares, or {} is not normalised; run elbo plugins check on both",
                               numbers(*d), encoder, prior)});
  return all;
}

/// The first that has this chance at most in a right model.
std::optional<std::string> excess_beyond(const RunOutcome& run, double tail) {
  if (!run.summary || run.text("bound") == "none") return {};
  for (const Excess& e : excesses(run))
    if (is_beyond(e.size, e.of, tail)) return e.sentence;
  return {};
}

}  // namespace

std::map<std::string, double> computed_summary(const RunOutcome& run) {
  PerDatum columns(run);
  return computed_again(run, columns);
}

std::optional<Refusal> why_not_ranked(const RunOutcome& run) {
  if (run.refused) return run.refused;
  if (!run.key) return Refusal{"R19", "nothing says what its numbers are about"};
  auto bound = invalid_bound(run);
  const auto plugin = not_normalised(run);
  if (bound && plugin) bound->words += "; " + plugin->code + ": " + plugin->words;
  if (bound || plugin) return bound ? bound : plugin;
  if (const std::string fault = run.text("own_fault"); !fault.empty())
    return Refusal{"R21", fault + "; so its numbers are no log-likelihoods of single data"};
  return {};
}

std::optional<Refusal> not_normalised(const RunOutcome& run) {
  for (const log::PluginRecord& plugin : run.summary->plugins)
    if (plugin.normalised == "no")
      return Refusal{
          "R18", fmt::format(
                     "{}:{} is not conforming: {}; so its numbers are no log-likelihoods; run elbo plugins check {}:{}",
                     plugin.kind, plugin.name, plugin.finding, plugin.kind, plugin.name)};
  return {};
}

std::optional<Refusal> contradiction(const RunOutcome& run) {
  if (!run.summary || run.summary->values.empty()) return {};
  PerDatum columns(run);
  if (auto found = disagreement(run, columns)) return found;
  if (auto found = terms_that_do_not_add_up(columns)) return found;
  return probability_above_one(run, columns);
}

std::optional<Refusal> invalid_bound(const RunOutcome& run) {
  const auto sentence = excess_beyond(run, certain);
  return sentence ? std::optional<Refusal>({invalid_bound_rule, "invalid bound: " + *sentence}) : std::nullopt;
}

std::optional<std::string> bound_in_doubt(const RunOutcome& run) { return excess_beyond(run, doubtful); }

}  // namespace elbo::host::report
