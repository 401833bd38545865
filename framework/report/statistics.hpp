// How sure a mean difference is: over test images, over seeds, and among many comparisons.
#pragma once
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace elbo::report {

struct Interval {
  double low = 0, high = 0;  // 95 %
};

/// A mean with its standard error, 95 % interval and two-sided p of "it is 0", by t or, without an end of the degrees of
/// freedom, the normal law. NaN where there are too few values.
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

/// What the spread of differences d[seed][image] comes from: a two-way layout without repetition (Scheffe 1959).
struct VarianceSplit {
  double seed = 0, image = 0,
         residual = 0;  // variances of one seed's, one image's and one cell's effect; never below 0
};
VarianceSplit variance_split(const std::vector<std::vector<double>>& differences);

/// Of d[seed][image], S seeds >= 2: error seed / S + image / N + residual / (S N), quantiles of t with S - 1.
Difference over_seeds_and_images(const std::vector<std::vector<double>>& differences);
/// The same for values a[seed][image] and b[seed][image] of seeds that are not paired: Welch (1947) over the seeds' means.
Difference welch_over_seeds_and_images(const std::vector<std::vector<double>>& a,
                                       const std::vector<std::vector<double>>& b);

/// p of "the mean is not within +-margin": the larger of two one-sided tests (Schuirmann 1987), by the law that
/// the difference's interval is of. 1 where there is no standard error, or no margin.
double equivalence_p(const Difference& difference, double margin);

/// p values adjusted for their number (Holm 1979), in the given order; NaN stays NaN and counts.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace elbo::report
