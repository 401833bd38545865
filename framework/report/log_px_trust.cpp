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

}  // namespace

std::string why_only_a_bound(const std::map<std::string, double>& summary) {
  const auto value = [&](const std::string& name) {
    const auto found = summary.find(name);
    return found == summary.end() ? std::nan("") : found->second;
  };
  const double samples = value(metrics::log_px_samples), share = value(metrics::pareto_k_high),
               rise = value(metrics::log_px_rise), bias = value(metrics::log_px_bias);
  if (std::isnan(value(metrics::log_px))) return "log p(x) was not estimated";
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

std::string name_of_log_px(const std::vector<VariantRow>& rows) {
  const auto is_bound = [](const VariantRow& row) {
    return row.find(metrics::log_px) && !why_only_a_bound(row).empty();
  };
  return std::any_of(rows.begin(), rows.end(), is_bound) ? "bound on log p(x)" : "log p(x)";
}

}  // namespace elbo::report
