// What the worker finds when it trains runs for a few steps on a few data points: settings that cannot be trained together, and variants
// that cannot differ.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "plan/run.hpp"

namespace elbo {

struct Plan;

struct FirstSteps {
  std::string digest;   // of all numbers: the same for two runs that came to the same ones
  std::string fault;    // why the run cannot be trained
  std::string untried;  // why the worker gave no answer
};

/// One answer for each run, in their order.
using AskFirstSteps = std::function<std::vector<FirstSteps>(std::span<const Run>)>;

/// Asks the worker, which loads the data of the runs.
std::vector<FirstSteps> ask_first_steps(std::span<const Run> runs);

/// Tries the first seed of each variant. Throws UserError with one line for each variant that cannot be trained; returns a sentence for
/// each variant that was not tried.
std::vector<std::string> try_first_steps(const experiment::Experiment& experiment, const Plan& plan,
                                         const AskFirstSteps& ask = ask_first_steps);

}  // namespace elbo
