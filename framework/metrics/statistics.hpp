// Statistics of the numbers of single data.
#pragma once
#include <cstddef>
#include <vector>

namespace elbo::host {

/// NaN of no values.
double mean_of(const std::vector<double>& values);
/// Standard error of the mean; NaN of fewer than two values.
double standard_error(const std::vector<double>& values);
/// The smallest value that at least this share of them does not exceed; NaN of no values.
double quantile_of(std::vector<double> values, double share);
double count_non_finite(const std::vector<double>& values);
std::vector<double> first_of(const std::vector<double>& values, size_t count);
/// a - b, as long as the shorter one.
std::vector<double> difference_of(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace elbo::host
