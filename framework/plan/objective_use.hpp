// What the objectives of a plan say of themselves, and the settings that they leave without effect.
#pragma once
#include "plan/plan.hpp"

namespace elbo {

/// A variant and its run, all but the seed.
struct Resolved {
  const experiment::Variant* variant;
  Run run;
};

/// Fills in Run::objective_facts, all with one question, since a start of the worker takes half a second.
void ask_objectives_of(std::vector<Resolved>& variants, const AskObjectives& objectives, experiment::Faults& faults);

/// Adds a fault for each setting that the variant's objective leaves without effect. Settings that lost it because a later layer (variant,
/// sweep, --set) chose the objective get their defaults.
void check_use_of_objectives(std::vector<Resolved>& variants, experiment::Faults& faults);

}  // namespace elbo
