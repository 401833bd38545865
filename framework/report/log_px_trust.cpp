#include "report/log_px_trust.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/metrics.hpp"
#include "metrics/pareto.hpp"

namespace elbo::report {
namespace {

constexpr double tolerated_rise =
    0.1;  // nats that the second half of the samples may add beyond what the bias explains
// Of a ladder's certificate: the sandwich on data drawn from the model, in nats, and how far annealing may be above the ladder.
constexpr double widest_sandwich = 0.05, widest_of_one = 1, annealed_errors = 3;

/// `value` gives NaN for what is missing.
template <class Value>
std::string why_ladder_is_only_a_bound(const Value& value) {
  const double open = value(metrics::not_trusted), gap = value(metrics::certificate_gap),
               largest = value(metrics::certificate_largest), annealed = value(metrics::certificate_annealed),
               allowed = widest_sandwich + annealed_errors * value(metrics::certificate_annealed_se);
  if (open > tolerated_share)
    return fmt::format("no estimator of the ladder passes its test for {:.1f} % of the test data", 100 * open);
  if (std::isnan(gap)) return "the log holds no sandwich of data drawn from the model";
  if (gap > widest_sandwich || largest > widest_of_one)
    return fmt::format(
        "on data drawn from the model, upper and lower bound are {:.3g} nat apart, and {:.3g} nat for one of them "
        "(expected at most {} and {})",
        gap, largest, widest_sandwich, widest_of_one);
  if (annealed > allowed)
    return fmt::format("annealed importance sampling finds {:.3g} nat more (expected at most {:.3g})", annealed,
                       allowed);
  return "";
}

/// The certificate of several runs: the worst of each number.
struct WorstCertificate {
  double open = 0, gap = -INFINITY, annealed = 0, modes = 1;
  size_t runs = 0;

  void add(const RunOutcome& run) {
    const auto value = [&](const Metric& metric) { return run.value(metric).value_or(std::nan("")); };
    open = std::max(open, value(metrics::not_trusted));
    gap = std::max(gap, value(metrics::certificate_gap));
    modes = std::max(modes, value(metrics::modes));
    if (const double a = value(metrics::certificate_annealed); std::abs(a) > std::abs(annealed)) annealed = a;
    ++runs;
  }
};

}  // namespace

std::string why_only_a_bound(const std::map<std::string, double>& summary) {
  const auto value = [&](const std::string& name) {
    const auto found = summary.find(name);
    return found == summary.end() ? std::nan("") : found->second;
  };
  const double samples = value(metrics::log_px_samples), share = value(metrics::pareto_k_high),
               rise = value(metrics::log_px_rise), bias = value(metrics::log_px_bias);
  if (std::isnan(value(metrics::log_px))) return "log p(x) was not estimated";
  if (!std::isnan(value(metrics::not_trusted))) return why_ladder_is_only_a_bound(value);
  if (std::isnan(samples)) return "the log does not say with how many importance samples log p(x) was estimated";
  if (samples < fewest_trusted_samples)
    return fmt::format("there is no Pareto k-hat with K = {} importance samples (it needs {})", samples,
                       fewest_trusted_samples);
  if (std::isnan(share)) return "the log holds no Pareto k-hat of the importance weights";
  if (share > tolerated_share)
    return fmt::format("Pareto k-hat is above {} for {:.1f} % of the test data", trusted_k, 100 * share);
  if (rise > tolerated_rise + 2 * std::abs(std::isnan(bias) ? 0 : bias))
    return fmt::format("the second half of the importance samples still added {:.2f} nat", rise);
  return "";
}

std::string why_only_a_bound(const VariantRow& row) {
  for (const RunOutcome& run : row.runs)
    if (std::string why = why_only_a_bound(run.summary->values); !why.empty()) return why;
  return "";
}

bool is_of_ladder(const VariantRow& row) { return row.find(metrics::not_trusted).has_value(); }

std::string certificate(const std::vector<VariantRow>& rows) {
  WorstCertificate worst;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs)
      if (is_of_ladder(row)) worst.add(run);
  if (worst.runs == 0) return "";
  const bool one = worst.runs == 1;
  return fmt::format(
      "log p(x) trustworthy on {}{:.1f} % of test data; sandwich {}{:.3f} nat; annealed importance sampling says "
      "{}{:+.3f} nat; {:.0f} mode{} of a posterior",
      one ? "" : "at least ", 100 * (1 - worst.open), one ? "" : "at most ", worst.gap, one ? "" : "at most ",
      worst.annealed, worst.modes, worst.modes > 1 ? "s" : "");
}

std::string name_of_log_px(const std::vector<VariantRow>& rows) {
  const auto is_bound = [](const VariantRow& row) {
    return row.find(metrics::log_px) && !why_only_a_bound(row).empty();
  };
  return std::any_of(rows.begin(), rows.end(), is_bound) ? "bound on log p(x)" : "log p(x)";
}

}  // namespace elbo::report
