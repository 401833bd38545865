// Finished runs with the numbers that a test gives them, and the tables made of them.
#pragma once
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "keys.hpp"
#include "report/comparison.hpp"

namespace elbo::host::report {

using Values = std::map<std::string, double>;
using Texts = std::map<std::string, std::string>;

inline RunOutcome finished(const std::string& variant, int64_t seed, Values values,
                           Texts texts = {{"measure", "pixels"}}) {
  log::RunSummary summary;
  summary.values = std::move(values);
  summary.texts = std::move(texts);
  RunOutcome run{variant, seed, summary, ""};
  run.key = levels_key(2, 4);
  run.key->data = summary.texts["measure"];
  return run;
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline std::string text_of(const std::vector<RunOutcome>& runs) { return comparison_text(compare(runs)); }
inline std::string csv_of(const std::vector<RunOutcome>& runs) { return comparison_csv(compare(runs)); }

/// With a key, the same bounds of each data point shifted by `shift`, and weights that can be trusted.
inline RunOutcome keyed(const std::string& variant, observation::MeasureKey key, double shift, double samples = 100) {
  RunOutcome run = finished(variant, 1,
                            {{"elbo", shift - 1},
                             {"log_px", shift},
                             {"log_px_samples", samples},
                             {"log_px_images", 3},
                             {"pareto_k_high", 0}});
  run.per_example["log_px"] = numbers_of({shift - 1, shift, shift + 1});
  run.per_example["elbo"] = numbers_of({shift - 2, shift - 1, shift});
  run.key = std::move(key);
  return run;
}

inline RunOutcome with_plan(RunOutcome run, const std::string& plan) {
  run.summary->plan_json = plan;
  return run;
}

/// With these numbers of each data point, log p(x) and elbo, and weights that can be trusted.
inline RunOutcome of_numbers(const std::string& variant, int64_t seed, std::vector<double> log_px) {
  RunOutcome run = keyed(variant, levels_key(2, 4), 0);
  double sum = 0;
  for (const double x : log_px) sum += x / static_cast<double>(log_px.size());
  std::vector<double> elbo = log_px;
  for (double& x : elbo) x -= 1;
  run.seed = seed;
  run.summary->values["elbo"] = sum - 1;
  run.summary->values["log_px"] = sum;
  run.summary->values["log_px_images"] = static_cast<double>(log_px.size());
  run.per_example["log_px"] = numbers_of(std::move(log_px));
  run.per_example["elbo"] = numbers_of(std::move(elbo));
  return run;
}

/// n data about `centre` that differ by `noise` from those of another phase.
inline std::vector<double> about(double centre, size_t n = 100, double noise = 0.1, size_t phase = 0) {
  std::vector<double> values;
  for (size_t i = 0; i < n; ++i)
    values.push_back(centre - static_cast<double>(i % 7) + noise * std::sin(static_cast<double>(i + 11 * phase)));
  return values;
}

}  // namespace elbo::host::report
