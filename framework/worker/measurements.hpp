// The metrics of [evaluate] and of `elbo evaluate`, measured on a trained model.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "log/evaluation_file.hpp"
#include "worker/trained.hpp"

namespace elbo::worker {

struct Measurements {
  std::vector<log::EvaluationGroup> groups;
  std::vector<std::pair<std::string, std::string>>
      refused;  // metric, and in one sentence why it cannot be measured here
};

/// Those of run.evaluate.metrics, in their order. `tick` is called with the fraction done, and may throw to stop.
Measurements measured(const Run& run, Assembly& assembly, const std::function<void(double)>& tick);

/// What every metric is given.
struct Measuring {
  const Run& run;
  Assembly& assembly;
  const BatchSource& source;  // the view that is scored
  Rng rng;
  std::function<void(double)> tick;

  int64_t test_rows() const { return source.size(Part::test); }
  /// run.evaluate.images, or all.
  int64_t images() const;
  /// The mean of numbers of test data with its standard error, and their measure key, which this estimator completes.
  void say_measure(log::EvaluationGroup& group, const observation::Estimator& estimator, const char* direction) const;
};

/// One metric each; throws UserError where it cannot be measured.
log::EvaluationGroup bounds(const Measuring& m);
log::EvaluationGroup ais(const Measuring& m);
log::EvaluationGroup marginal(const Measuring& m);
log::EvaluationGroup reconstruction(const Measuring& m);
log::EvaluationGroup aggregate(const Measuring& m);
log::EvaluationGroup probes(const Measuring& m);
log::EvaluationGroup factors(const Measuring& m);

}  // namespace elbo::worker
