#include "report/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "metrics/metrics.hpp"

namespace elbo::report {
namespace {

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
  return {"R20", fmt::format("its training diverged: its elbo {}; {}", what, remedy)};
}

}  // namespace

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

}  // namespace elbo::report
