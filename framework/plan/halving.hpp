// A search by successive halving (Jamieson & Talwalkar 2016): every trial is trained for a few epochs, and the better ones go on from there. A
// rung of a trial is a run by itself with fewer epochs, so that each is continued from the one before.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiment/search.hpp"
#include "plan/run.hpp"
#include "plan/variant_checks.hpp"

namespace elbo::host {

/// min_epochs, times the factor at each rung, and last max_epochs.
std::vector<int64_t> rungs_of(const experiment::SearchConfig& search, int64_t max_epochs);

/// "trial 7 at 3 epochs": a trial with the epochs of a rung. Below the last rung nothing is evaluated but the elbo.
Run at_rung(const Run& trial, size_t rung);

/// Makes the runs trials with these rungs, of which their epochs are the last.
void set_rungs(std::vector<Run>& trials, const experiment::SearchConfig& search);

/// The runs of each trial at every rung up to the one that `highest` says of it, rung by rung and of each rung seed by seed.
std::vector<Run> runs_at_rungs(const std::vector<Run>& trials, const std::function<size_t(const Run& trial)>& highest);

/// Of so many trials at a rung, those that go on: one in so many, but three at least, since a choice among fewer saves little.
size_t trials_after(size_t trials, int64_t reduction_factor);

/// "27 runs at the first of 4 rungs (1, 3, 9, 27 epochs); 42 runs of 117 epochs at most, in place of 729": what a search by halving takes.
std::string halving_text(const std::vector<Run>& trials);

/// Faults the trials of a search among which no validation data would choose, or whose rungs are no beginnings of the whole training.
void check_trials(const std::vector<Resolved>& trials, const experiment::SearchConfig& search,
                  experiment::Faults& faults);

}  // namespace elbo::host
