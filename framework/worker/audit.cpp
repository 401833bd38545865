#include "worker/audit.hpp"

#include "plan/audit.hpp"

namespace elbo::worker {

std::string audit_of(const Run& run, const data::Dataset& dataset) {
  const data::DataFacts facts = data::facts_of(dataset, counted_columns({&run}, dataset));
  std::string text = in_words(facts);
  for (const std::string& finding : facts.findings) text += "\n" + finding;
  for (const std::string& sentence : clashes_of(run, dataset, facts, {})) text += "\n" + sentence;
  return text;
}

}  // namespace elbo::worker
