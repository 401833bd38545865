#include "evaluate/measure.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "evaluation_files.hpp"  // made by CMake: names each file below evaluate/metrics/
#include "model/forward.hpp"

namespace elbo::host {

#define ELBO_DECLARE(name)                        \
  namespace evaluations::name {                   \
  log::EvaluationGroup measure(const Measuring&); \
  }
ELBO_EVALUATIONS(ELBO_DECLARE)
#undef ELBO_DECLARE

namespace {

using Measure = log::EvaluationGroup (*)(const Measuring&);

Measure measure_of(const std::string& metric) {
#define ELBO_MEASURE(name) \
  if (metric == #name) return evaluations::name::measure;
  ELBO_EVALUATIONS(ELBO_MEASURE)
#undef ELBO_MEASURE
  throw Error("evaluate.metrics: there is no metric '" + metric + "'");
}

}  // namespace

int64_t Measuring::images() const {
  return run.evaluate.images > 0 ? std::min(run.evaluate.images, test_rows()) : test_rows();
}

log::EvaluationGroup Measuring::group(const Evaluation& description) const {
  return {.name = description.name, .long_name = description.long_name};
}

log::EvaluationGroup Measuring::group_of_each_datum(const Evaluation& description,
                                                    const observation::Estimator& estimator,
                                                    const char* direction) const {
  log::EvaluationGroup g = group(description);
  add_measure(g, estimator, direction);
  g.axes = {{"sample", "data point of the test data", estimator.images}};
  return g;
}

void Measuring::add_measure(log::EvaluationGroup& g, const observation::Estimator& estimator,
                            const char* direction) const {
  observation::MeasureKey own = key;
  own.estimator = estimator;
  own.direction = direction;
  g.texts.push_back({"measure", in_words(own)});
  g.texts.push_back({"measure_key", to_json(own).dump()});
}

void add_mean(log::EvaluationGroup& g, const Metric& metric, const std::vector<double>& values) {
  g.add(metric, mean_of(values));
  const std::string name = std::string(metric) + "_se", meaning = "standard error of " + std::string(metric);
  const Metric error{.name = name.c_str(), .unit = metric.unit, .long_name = meaning.c_str(), .basis = metric.basis};
  g.add(error, standard_error(values));
}

void add_each(log::EvaluationGroup& g, const Metric& metric, const std::vector<double>& values) {
  log::Column column(metric);
  column.name += "_each";
  g.arrays.push_back({column, {"sample"}, values});
}

std::vector<double> posterior_means(const Measuring& m, Part part, int64_t rows) {
  const at::NoGradGuard no_gradients;
  m.model.set_training(false);
  std::vector<double> means;
  for_each_batch(m.seen, part, rows, 500, Rng(0), [&](const Batch& batch) {
    append(posterior_mean(m.model, *m.model.encoder->encode(batch.input)), means);
  });
  m.model.set_training(true);
  return means;
}

Measurements measured(const Measuring& all) {
  const auto& asked = all.run.evaluate.metrics;
  Measurements result;
  for (size_t i = 0; i < asked.size(); ++i) {
    Measuring m = all;
    m.rng = m.scored.rng(m.run.seed).fork("evaluate").fork(asked[i]);
    m.tick = [&, i](double fraction) {
      all.tick((static_cast<double>(i) + fraction) / static_cast<double>(asked.size()));
    };
    try {
      const Evaluation* description = find_evaluation(asked[i]);
      if (description && description->needs_posterior && !has_posterior(m.model))
        throw UserError(m.run.objective.kind + ":" + m.run.objective.name +
                        " has a point for a posterior, so there is no such number");
      result.groups.push_back(measure_of(asked[i])(m));
    } catch (const UserError& refusal) {
      result.refused.emplace_back(asked[i], refusal.what());
    }
  }
  return result;
}

}  // namespace elbo::host
