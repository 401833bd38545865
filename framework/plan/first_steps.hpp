// What the worker finds when it trains runs for a few steps on a few data points: settings that cannot be trained together, and variants
// that cannot differ.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace elbo {

/// Asks the worker, which loads the data of the runs.
std::vector<FirstSteps> ask_first_steps(std::span<const Run> runs);

/// Tries the first seed of each variant. Throws UserError with one line for each variant that cannot be trained; returns a sentence for
/// each variant that was not tried.
std::vector<std::string> try_first_steps(const experiment::Experiment& experiment, const Plan& plan,
                                         const AskFirstSteps& ask = ask_first_steps);

}  // namespace elbo
