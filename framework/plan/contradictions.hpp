// Settings of a run that have an effect each, but not together.
#pragma once
#include <string>
#include <vector>

#include "plan/run.hpp"

namespace elbo {

struct Contradiction {
  std::string section;   // as for_each_section() calls it
  std::string sentence;  // "train.schedule.name is ...; expected ..."
};

std::vector<Contradiction> contradictions(const Run& run);

/// Passes over the test data, and the validation data, when nothing stops the run sooner.
int64_t test_passes(const TrainConfig& train);

}  // namespace elbo
