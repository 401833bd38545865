// log p(x) by the ladder of estimators, as evaluate.evidence = "ladder" measures it at the end of a run.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::evidence {

constexpr Metric log_px = metrics::log_px.as("mean over data of log p(x) by the ladder");

const Evaluation description{
    .name = "evidence",
    .long_name = "log p(x) of each data point by the cheapest estimator that passes its own test",
    .documentation =
        "log p(x) by [the ladder](#the-ladder): of each data point by the first estimator whose own test passes; with "
        "its "
        "certificate",
    .source = "Burda et al. 2016; Opper and Archambeau 2009; Neal 2001; Vehtari et al. 2024; Grosse et al. 2015",
    .is_usual = false,
    .needs_posterior = true,
    .values = {log_px, metrics::log_px_se, metrics::log_px_bias, metrics::monte_carlo_se, metrics::not_trusted,
               metrics::passes, metrics::certificate_gap, metrics::certificate_largest, metrics::certificate_annealed,
               metrics::certificate_annealed_se, metrics::modes, metrics::certificate_passes}};

}  // namespace elbo::host::evaluations::evidence

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evidence/evidence.hpp"

#include <algorithm>

#include "evaluate/measure.hpp"
#include "metrics/summary.hpp"

namespace elbo::host::evaluations::evidence {

log::EvaluationGroup measure(const Measuring& m) {
  const EvidenceSettings settings;
  const int64_t images = m.images();
  const EvidenceResult r = elbo::host::evidence(m.model, m.scored, images, settings, m.rng, m.tick);
  log::EvaluationGroup g = m.group_of_each_datum(description, {ladder_name, settings.ladder.samples, images}, "lower");
  const auto columns = r.columns();
  const DatumColumns data{.column = [&](const std::string& name) -> const std::vector<double>* {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.first.name == name; });
    return found == columns.end() ? nullptr : &found->second;
  }};
  for (const auto& [metric, compute] : summary_metrics()) {
    const bool is_described = std::any_of(description.values.begin(), description.values.end(),
                                          [&](const Metric& one) { return one.name == std::string(metric.name); });
    if (const auto value = is_described && compute ? compute(metric, data) : std::nullopt) g.add(metric, *value);
  }
  for (const auto& [metric, value] : r.certificate.values()) g.add(metric, value);
  for (const auto& [metric, values] : columns) add_each(g, metric, values);
  return g;
}

}  // namespace elbo::host::evaluations::evidence

#endif  // ELBO_MEASURES
