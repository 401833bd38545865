// The metrics that every run ends with, by the table in metrics/summary.hpp, and what else is done after training: the summary and the pictures.
#pragma once
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "log/run_log.hpp"
#include "metrics/summary.hpp"
#include "train/checkpoint.hpp"
#include "worker/assemble.hpp"
#include "worker/recorder.hpp"

namespace elbo::host::worker {

struct FinalMetrics {
  using Columns = std::vector<std::pair<log::Column, std::vector<double>>>;

  Columns per_example;                   // of the test data
  Columns of_validation;                 // the same of the validation data; none without them
  std::vector<log::SummaryValue> known;  // what the numbers of each data point do not say
  DatumColumns data;                     // how they were estimated

  void add(const Metric& metric, double value) { known.emplace_back(metric, value); }
  /// Every metric of the table that is known or follows from the numbers of each data point, in the table's order.
  std::vector<log::SummaryValue> summary() const;
};

/// How the run's log p(x) is estimated; where it is not, the elbo.
observation::Estimator estimator_of(const Run& run, const Model& model, const BatchSource& source);

/// Of each test data point: the terms of the bound and the estimate of log p(x), with what is known of its errors. A part of final_metrics(), and
/// all that data have which the run has not seen. `settings` are those of a ladder.
FinalMetrics metrics_of_each(const Run& run, Assembly& assembly, const BatchSource& source,
                             const EvidenceSettings& settings, const std::function<void(double)>& tick);

/// Terms of the test data, the estimate of log p(x) with what is known of its errors, what the likelihood reaches
/// without latents, the elbo of the validation data, and the active units. `source` is the view that is scored. `tick` as in importance_weighted().
FinalMetrics final_metrics(const Run& run, Assembly& assembly, const BatchSource& source,
                           const std::function<void(double)>& tick);

/// What the training time depends on beside the model; NaN where it is not known.
struct TrainingLoad {
  double runs_beside = std::nan(""), average = std::nan(""), waited = std::nan("");
};

/// Evaluates, writes per-example values and /summary, closes the log, writes PNG sheets into the folder.
/// `tick` is called with the fraction done, and may throw to stop.
void finalize(const Run& run, Assembly& assembly, Recorder& recorder, const Progress& progress,
              const TrainingLoad& load, const std::filesystem::path& folder, const std::function<void(double)>& tick);

}  // namespace elbo::host::worker
