// Means, variances and p values of differences between variants.
#pragma once
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace elbo::report {

inline constexpr double claim_level = 0.05;  // of every claim; intervals cover with 1 - claim_level

struct Interval {
  double low = 0, high = 0;
};

/// A mean with its standard error, 95 % interval and two-sided p of "it is 0". NaN where there are too few values.
struct Difference {
  double mean = 0;
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  Interval interval{standard_error, standard_error};
  double p = standard_error;
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
};

double mean(std::span<const double> values);
/// With n - 1 in the denominator; NaN below two values.
double sample_variance(std::span<const double> values);

/// Of one difference for each image: mean, sd / sqrt(N), quantiles of t with N - 1.
Difference over_images(std::span<const double> differences);

/// Student's t with these degrees of freedom.
Difference with_t(double mean, double standard_error, double degrees_of_freedom);

/// The means of d[seed][image] over the images, and over the seeds.
std::vector<double> means_of_rows(const std::vector<std::vector<double>>& d);
std::vector<double> means_of_columns(const std::vector<std::vector<double>>& d);

/// Variance of one cell of d[seed][image] beside the effects of its seed and its image: a two-way layout without repetition
/// (Scheffe 1959). 0 of one seed or one image.
double residual_variance(const std::vector<std::vector<double>>& d);

/// p values adjusted for their number (Holm 1979), in the given order; NaN stays NaN and counts.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace elbo::report
