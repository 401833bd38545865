// Bounds that lie above what they bound: then a density and the draws that it is averaged over do not belong together.
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "metrics/metrics.hpp"
#include "report/per_datum.hpp"
#include "report/verification.hpp"

namespace elbo::report {
namespace {

constexpr double one_sided_tail = 0.00135;   // of the normal distribution beyond three standard errors
constexpr double rounding_of_a_mean = 1e-5;  // of float32 sums, relative to its size

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

/// Three standard errors, and more of few data: the same share of Student's distribution lies beyond.
bool is_certain(const Difference& d, double size) {
  const double errors = quantile(complement(boost::math::students_t(d.degrees_of_freedom), one_sided_tail));
  return d.mean > errors * d.standard_error + rounding_of_a_mean * std::max(1.0, std::abs(size));
}

std::string name_of(const RunOutcome& run, const std::string& kind) {
  for (const log::PluginRecord& plugin : run.summary->plugins)
    if (plugin.kind == kind) return kind + ":" + plugin.name;
  return "the " + kind;
}

double value_of(const RunOutcome& run, const std::string& name) {
  const auto value = run.summary->values.find(name);
  return value == run.summary->values.end() ? 0 : value->second;
}

Refusal above_the_exact(const RunOutcome& run, const char* words, const Difference& d) {
  const std::string encoder = name_of(run, "encoder"), likelihood = name_of(run, "likelihood"),
                    prior = name_of(run, "prior");
  return {invalid_bound_rule, fmt::format("invalid bound: its {} lies above the exact log p(x) of the same test data "
                                          "by {:.3f} nat with a standard error of {:.3f}, and no "
                                          "lower bound can; either the draws of {} do not follow the density that it "
                                          "declares, or {} or {} is not normalised; run elbo "
                                          "plugins check on each",
                                          words, d.mean, d.standard_error, encoder, likelihood, prior)};
}

}  // namespace

std::optional<Refusal> invalid_bound(const RunOutcome& run) {
  if (!run.summary || run.text("bound") == "none") return {};
  PerDatum columns(run);
  const std::string encoder = name_of(run, "encoder"), prior = name_of(run, "prior");
  if (const auto d = excess(columns, metrics::elbo, metrics::log_px); d && is_certain(*d, value_of(run, metrics::elbo)))
    return Refusal{invalid_bound_rule,
                   fmt::format("invalid bound: log p(x) - elbo of the same test data is {:.3f} nat with a standard "
                               "error of {:.3f}, and a lower bound is never "
                               "above what it bounds; the draws of {} do not follow the density that it declares; run "
                               "elbo plugins check {} (where that passes, the KL in closed "
                               "form of {} is too small)",
                               -d->mean, d->standard_error, encoder, encoder, prior)};
  for (const Metric& bound : {metrics::elbo, metrics::log_px})
    if (const auto d = excess(columns, bound, metrics::exact_log_px);
        d && is_certain(*d, value_of(run, metrics::exact_log_px)))
      return above_the_exact(run, bound.heading(), *d);
  if (const auto d = below_zero(columns, metrics::kl); d && is_certain(*d, value_of(run, metrics::reconstruction)))
    return Refusal{invalid_bound_rule,
                   fmt::format("invalid bound: its KL is {:.3f} nat with a standard error of {:.3f}, and no KL is "
                               "below 0; either the draws of {} do not follow the "
                               "density that it declares, or {} is not normalised; run elbo plugins check on both",
                               -d->mean, d->standard_error, encoder, prior)};
  return {};
}

}  // namespace elbo::report
