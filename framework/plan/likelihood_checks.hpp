// What in a run's likelihood, or in those of its columns, does not suit its training data.
#pragma once
#include <string>
#include <vector>

#include "observation/likelihood_checks.hpp"
#include "plan/fitting.hpp"
#include "plan/run.hpp"

namespace elbo {

/// One sentence for each mismatch. Asks the likelihoods for their traits; one that cannot be asked is named with the reason.
std::vector<std::string> mismatches_of(const Run& run, const data::Dataset& dataset,
                                       const observation::DataSummary& summary,
                                       const observation::Candidates& candidates);

/// What must be asked about the likelihoods of a run.
std::vector<plugins::TraitsQuestion> questions_of(const Run& run);

/// The columns, by their places from 0, that every one of these runs scores as levels or counts; none but under a likelihood
/// that contains others.
std::vector<int64_t> counted_columns(const std::vector<const Run*>& runs, const data::Dataset& dataset);

/// The likelihoods that there are and can be asked; those of a support are asked when they are first wanted.
observation::Candidates candidates_among(const ListLikelihoods& likelihoods);

}  // namespace elbo
