// What `elbo evaluate` and evaluate.metrics can measure of a trained model. Each is one file, framework/evaluate/metrics/<name>.cpp: its
// description, which is compiled into every program, and below it how it is computed, which needs libtorch.
#pragma once
#include <string>
#include <vector>

#include "metrics/metric.hpp"

namespace elbo::host {

struct Evaluation {
  const char* name;                // in evaluate.metrics, and of its group in evaluation.h5
  const char* long_name;           // what it measures, in one phrase
  const char* documentation = "";  // the same for docs/evaluating.md, in more words
  const char* source = "";         // literature
  bool is_usual = true;            // measured by `elbo evaluate` when no metric is named
  bool uses_images = true;         // is of the first evaluate.images test data
  bool needs_posterior = false;    // not of an objective that has a point for a posterior
  bool needs_labels = false;
  bool needs_factors = false;  // known factors of the data
  std::vector<Metric> values{};
};

/// In alphabetical order.
const std::vector<const Evaluation*>& all_evaluations();
/// Their names, of those for which `is` holds.
std::vector<std::string> evaluation_names(bool (*is)(const Evaluation&) = [](const Evaluation&) { return true; });
/// Null where there is none of this name.
const Evaluation* find_evaluation(const std::string& name);

}  // namespace elbo::host
