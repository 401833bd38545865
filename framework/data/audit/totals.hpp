#pragma once
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// log P(total) of each test data point, nats, under a negative binomial distribution with the mean and variance of the training totals
/// (Poisson's where they do not vary more). With it a mass given the total becomes a mass on counts:
/// P(x) = P(total) P(x | total).
std::vector<double> log_prob_of_totals(const Dataset& dataset);

}  // namespace elbo::host::data
