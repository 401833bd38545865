// What the training data of a run are, and what in its likelihood, or in each of those of its columns, clashes with that.
#pragma once
#include <string>
#include <vector>

#include "data/audit.hpp"
#include "plan/fitting.hpp"
#include "plan/run.hpp"

namespace elbo {

/// One sentence a clash. Asks the likelihoods for their traits; one that cannot be asked is named with the reason.
std::vector<std::string> clashes_of(const Run& run, const data::Dataset& dataset, const data::DataFacts& facts,
                                    const data::Candidates& candidates);

/// What must be asked about the likelihoods of a run.
std::vector<plugins::TraitsQuestion> questions_of(const Run& run);

/// The columns, by their places from 0, that every one of these runs scores as levels or counts; none but under a likelihood
/// that contains others.
std::vector<int64_t> counted_columns(const std::vector<const Run*>& runs, const data::Dataset& dataset);

/// The likelihoods that there are and can be asked; those of a support are asked when they are first wanted.
data::Candidates candidates_among(const ListLikelihoods& likelihoods);

}  // namespace elbo
