// What a metric of `elbo evaluate` is given, and what measures those that a run asks for.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "log/evaluation_file.hpp"
#include "metrics/evaluation.hpp"
#include "observation/measure_key.hpp"
#include "plan/run.hpp"

namespace elbo::host {

struct Measuring {
  const Run& run;
  Model& model;
  const data::Dataset& dataset;
  const BatchSource& seen;      // the view that the model is trained on
  const BatchSource& scored;    // the view that log p(x) is scored on
  observation::MeasureKey key;  // what numbers of the scored view are about; the estimator is the metric's to fill in
  Rng rng{0};                   // of this metric alone
  std::function<void(double)> tick{};  // is called with the fraction done, and may throw to stop

  int64_t test_rows() const { return scored.size(Part::test); }
  /// run.evaluate.images, or all.
  int64_t images() const;
  /// An empty group of this name.
  log::EvaluationGroup group(const Evaluation& description) const;
  /// The same of numbers of each of the first test data, with their measure.
  log::EvaluationGroup group_of_each_datum(const Evaluation& description, const observation::Estimator& estimator,
                                           const char* direction) const;
  void add_measure(log::EvaluationGroup& group, const observation::Estimator& estimator, const char* direction) const;
};

/// The mean, and its standard error under the name with "_se" behind it.
void add_mean(log::EvaluationGroup& group, const Metric& metric, const std::vector<double>& values);
/// The numbers themselves, as "<name>_each" over the axis "sample".
void add_each(log::EvaluationGroup& group, const Metric& metric, const std::vector<double>& values);

/// Posterior means of the first data of a part, [rows, L] row-major.
std::vector<double> posterior_means(const Measuring& m, Part part, int64_t rows);

struct Measurements {
  std::vector<log::EvaluationGroup> groups;
  std::vector<std::pair<std::string, std::string>>
      refused;  // metric, and in one sentence why it cannot be measured here
};

/// The metrics of run.evaluate.metrics, in their order. `m.rng` is replaced by one for each metric.
Measurements measured(const Measuring& m);

}  // namespace elbo::host
