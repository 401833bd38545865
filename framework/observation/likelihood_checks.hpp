// What in a likelihood does not suit the training data.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "observation/data_summary.hpp"
#include "observation/observation_model.hpp"
#include "plugins/traits.hpp"

namespace elbo::host::observation {

/// A likelihood as it is used on the data.
struct LikelihoodUse {
  std::string likelihood;
  plugins::Traits traits{};
  bool gives_masses = false;  // a density that is scored by the mass of each level
  Chain chain{};              // from the stored values to those that it scores
};

/// The use of a likelihood with these traits under this model.
LikelihoodUse likelihood_use(const std::string& likelihood, const plugins::Traits& traits,
                             const ObservationModel& model);

/// Another likelihood that could be chosen, with its default options.
struct Candidate {
  std::string name;
  plugins::Traits traits{};
};

/// The candidates with this support; called only where a sentence names candidates.
using Candidates = std::function<std::vector<Candidate>(Support)>;

/// One sentence for each mismatch: what the likelihood lacks and which candidates have it. Empty where there is none.
std::vector<std::string> mismatches(const DataSummary& summary, const LikelihoodUse& use,
                                    const Candidates& candidates = {});

}  // namespace elbo::host::observation
