#include "worker/likelihood_checks.hpp"

#include "plan/likelihood_checks.hpp"

namespace elbo::worker {

std::string checks_of(const Run& run, const data::Dataset& dataset) {
  const observation::DataSummary summary = observation::summary_of(dataset, counted_columns({&run}, dataset));
  std::string text = in_words(summary);
  for (const std::string& finding : summary.findings) text += "\n" + finding;
  for (const std::string& sentence : mismatches_of(run, dataset, summary, {})) text += "\n" + sentence;
  return text;
}

}  // namespace elbo::worker
