#include "launch/engine.hpp"

namespace elbo::launch {

JobState Jobs::of(const std::string& run) const {
  if (!silence.empty()) return JobState::unknown;
  const auto found = runs.find(run);
  return found == runs.end() ? JobState::gone : found->second;
}

}  // namespace elbo::launch
