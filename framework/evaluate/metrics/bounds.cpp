// Importance-weighted lower bounds for several numbers of samples.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::bounds {

constexpr Metric log_px = metrics::log_px.as("mean over data of log (1/K) sum_k w_k");
constexpr Metric log_px_se = metrics::log_px_se, bias = metrics::bias.as(metrics::log_px_bias.long_name),
                 ess_median = metrics::ess_median, ess_low = metrics::ess_low, pareto_k_high = metrics::pareto_k_high;

const Evaluation description{
    .name = "bounds",
    .long_name = "importance-weighted lower bounds of log p(x) (Burda et al. 2016)",
    .documentation =
        "log (1/K) sum_k w_k for each K of `bound_samples`, all in one pass over the largest K; with the "
        "effective sample size, the first-order bias -CV^2 / 2K and Pareto k-hat of each K",
    .source = "Burda et al. 2016; Kong 1992; Vehtari et al. 2024",
    .needs_posterior = true,
    .values = {log_px, log_px_se, bias, ess_median, ess_low, pareto_k_high}};

}  // namespace elbo::host::evaluations::bounds

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include <limits>
#include <set>

#include "evaluate/measure.hpp"
#include "metrics/pareto.hpp"

namespace elbo::host::evaluations::bounds {

log::EvaluationGroup measure(const Measuring& m) {
  const std::set<int64_t> sorted(m.run.evaluate.bound_samples.begin(), m.run.evaluate.bound_samples.end());
  const std::vector<int64_t> samples(sorted.begin(), sorted.end());
  if (samples.empty()) throw UserError("evaluate.bound_samples is empty; expected at least one K");
  const int64_t images = m.images();
  const auto curve = importance_curve(m.model, m.scored, images, samples, m.run.evaluate.batch_size, m.rng, m.tick);
  log::EvaluationGroup g = m.group(description);
  m.add_measure(g, {"iwae", samples.back(), images}, "lower");
  const auto points = static_cast<int64_t>(curve.size());
  g.axes = {{"k", "importance samples K per data point", points, samples},
            {"sample", "data point of the test data", images}};
  const auto over_k = [&](const Metric& metric, auto&& value) {
    log::EvaluationArray array{metric, {"k"}, {}};
    for (const ImportancePoint& point : curve) array.values.push_back(value(point));
    g.arrays.push_back(std::move(array));
  };
  over_k(log_px, [](const auto& p) { return mean_of(p.log_px); });
  over_k(log_px_se, [](const auto& p) { return standard_error(p.log_px); });
  over_k(bias, [](const auto& p) { return trusted_bias(mean_of(p.bias), p.pareto_k); });
  over_k(ess_median, [](const auto& p) { return quantile_of(p.effective_samples, 0.5); });
  over_k(ess_low, [](const auto& p) { return quantile_of(p.effective_samples, 0.05); });
  over_k(pareto_k_high, [](const auto& p) {
    return share_not_trusted(p.pareto_k).value_or(std::numeric_limits<double>::quiet_NaN());
  });
  log::EvaluationArray each{{"log_px_each", log_px.unit, "bound of each data point"}, {"k", "sample"}, {}};
  for (const ImportancePoint& point : curve)
    each.values.insert(each.values.end(), point.log_px.begin(), point.log_px.end());
  g.arrays.push_back(std::move(each));
  return g;
}

}  // namespace elbo::host::evaluations::bounds

#endif  // ELBO_MEASURES
