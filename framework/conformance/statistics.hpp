// Tests of draws with a fixed seed: they alarm by chance once in 100000 cases, and then always for the same plugin.
#pragma once
#include <string>

#include "conformance/tools.hpp"

namespace elbo::conformance {

inline constexpr double largest_z = 4.5;
inline constexpr double smallest_p = 1e-5;

/// Pearson's chi-squared: throws Failure when counts [k] do not follow masses [k], which may leave a rest. Neighbours
/// are merged until at least 10 draws are expected in each cell. `places` [k] are the values that the cells are about.
void expect_counts(const Tensor& counts, const Tensor& masses, const Tensor& places, const std::string& where);

/// z of the mean of values [n] against what is expected, 0 when they are all as expected.
double z_of_mean(const Tensor& values, double expected);
/// z of the difference of the means of two independent sets of values.
double z_of_difference(const Tensor& a, const Tensor& b);

}  // namespace elbo::conformance
