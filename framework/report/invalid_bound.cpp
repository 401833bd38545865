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

constexpr double certain = 0.00135, doubtful = 0.0228;  // of the normal distribution beyond 3 and 2 standard errors
constexpr double rounding_of_a_mean = 1e-5;             // of float32 sums, relative to its size

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

double value_of(const RunOutcome& run, const std::string& name) {
  const auto value = run.summary->values.find(name);
  return value == run.summary->values.end() ? 0 : value->second;
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
        {*d, value_of(run, metrics::elbo),
         fmt::format("its elbo lies above log p(x) of the same test data by {}, and a lower bound is never "
                     "above what it bounds; the samples of {} do not follow the density that it declares; "
                     "run elbo plugins check {} (where that passes, the KL in closed form of {} is too small)",
                     numbers(*d), encoder, encoder, prior)});
  for (const Metric& bound : {metrics::elbo, metrics::log_px})
    if (const auto d = excess(columns, bound, metrics::exact_log_px))
      all.push_back({*d, value_of(run, metrics::exact_log_px),
                     fmt::format("its {} lies above the exact log p(x) of the same test data by {}, and no lower bound "
                                 "can; either the samples of {} do not follow the density that it declares, or {} or "
                                 "{} is not normalised; run elbo plugins check on each",
                                 bound.heading(), numbers(*d), encoder, likelihood, prior)});
  if (const auto d = below_zero(columns, metrics::kl))
    all.push_back({*d, value_of(run, metrics::reconstruction),
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

std::optional<Refusal> invalid_bound(const RunOutcome& run) {
  const auto sentence = excess_beyond(run, certain);
  return sentence ? std::optional<Refusal>({invalid_bound_rule, "invalid bound: " + *sentence}) : std::nullopt;
}

std::optional<std::string> bound_in_doubt(const RunOutcome& run) { return excess_beyond(run, doubtful); }

}  // namespace elbo::report
