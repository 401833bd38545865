// How heavy the upper tail of importance weights is.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace elbo::host {

/// k-hat above it: the mean weight cannot be trusted (Vehtari et al. 2024).
inline constexpr double trusted_k = 0.7;

/// How many of the largest of K weights the tail is: min(K / 5, 3 sqrt K); 0 for K below 25, too few to tell.
int64_t pareto_tail_size(int64_t samples);

/// k-hat of the largest log weights, descending; the last one is where the tail begins. The fit is that of Zhang &
/// Stephens (2009), with the prior of Vehtari et al. (2024): ten pseudo-observations at 1/2. -inf when all are equal.
double pareto_k(std::span<const double> largest_log_weights);
/// Share of the test data that may have a larger k-hat, so that a mean over them can still be trusted.
inline constexpr double tolerated_share = 0.01;

/// How many of the k-hat lie above trusted_k, as a share of those that are not NaN; nothing when all are.
std::optional<double> share_not_trusted(const std::vector<double>& k_hats);
/// The bias that a formula gives, where it holds; NaN where k-hat is high or there is none: there it may be any number of nats.
double trusted_bias(double bias, const std::vector<double>& k_hats);

}  // namespace elbo::host
