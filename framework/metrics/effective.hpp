// The Monte Carlo error of an estimate by importance weights, where their effective number says one.
#pragma once
#include <cstdint>

namespace elbo::host {

/// Below so many effective samples one of them has more than half of all weight: the spread of the weights then says nothing of the error.
inline constexpr double effective_of_one = 2;

/// Whether one of K samples decides the mean weight; never of K = 1, where there is no spread that could be misread.
bool one_decides(double effective, int64_t samples);

/// Of log p(x) by K weights with this effective number: sqrt(CV^2 / K) (Kong 1992), in nats. NaN for K = 1 and where one sample decides.
double monte_carlo_error(double effective, int64_t samples);

}  // namespace elbo::host
