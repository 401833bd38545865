// How heavy the upper tail of importance weights is.
#pragma once
#include <cstdint>
#include <span>

namespace elbo {

/// How many of the largest of K weights the tail is: min(K / 5, 3 sqrt K); 0 for K below 25, too few to tell.
int64_t pareto_tail_size(int64_t samples);

/// k-hat of the largest log weights, descending; the last one is where the tail begins. The fit is that of Zhang &
/// Stephens (2009), with the prior of Vehtari et al. (2024): ten pseudo-observations at 1/2. -inf when all are equal.
double pareto_k(std::span<const double> largest_log_weights);

}  // namespace elbo
