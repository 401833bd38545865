// The numbers that a trained run ends with.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "evaluate/evaluate.hpp"
#include "log/run_log.hpp"
#include "worker/assemble.hpp"

namespace elbo::worker {

struct Conclusion {
  std::vector<log::SummaryValue> summary;
  std::vector<std::pair<log::Column, std::vector<double>>> per_example;  // of the test data
  std::vector<std::pair<log::Column, std::vector<double>>>
      of_validation;  // the same of the validation data; none without them

  void add(const char* name, double value, const char* units, const char* long_name) {
    summary.push_back({name, value, units, long_name});
  }
  /// A column of per_example that is there.
  const std::vector<double>& column(const std::string& name) const;
};

/// Terms of the test data, the importance-weighted bound with what is known of its errors, what the likelihood reaches
/// without latents, the elbo of the validation data, and the active units. `source` is the view that is scored. `tick` as in importance_weighted().
Conclusion evaluated(const Run& run, Assembly& assembly, const BatchSource& source,
                     const std::function<void(double)>& tick);

}  // namespace elbo::worker
