// The error of a mean difference by its two sources, seeds and test data, with the intervals and p values that follow.
#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "report/statistics.hpp"

namespace elbo::report {

enum class Side { below, above };

/// Variances of a mean difference, each with the degrees of freedom that it is known to.
struct MeanError {
  double seeds = 0, seeds_freedom = std::numeric_limits<double>::infinity();
  double images = 0, images_freedom = std::numeric_limits<double>::infinity();
  double acceleration = 0;  // of the test data's part where t does not suffice (Efron 1987)
  bool by_parts = false;    // a quantile for each part (Cochran 1964), else one t for both (Satterthwaite 1946)

  double standard_error() const;
  /// Satterthwaite's, of both parts together.
  double freedom() const;
  /// From the mean to the end of a one-sided interval that misses with probability `tail`.
  double reach(double tail, Side side) const;
  /// The tail of which `distance` is the reach: one-sided p of a value that far from the mean. Not below 1e-16 by parts.
  double tail_beyond(double distance, Side side) const;
};

/// With its 95 % interval and two-sided p.
Difference difference_with(double mean, const MeanError& error);
/// Misses on each side with probability `tail`.
Interval interval_with(double mean, const MeanError& error, double tail);
/// p of "the mean is not within +-margin": the larger of two one-sided tests (Schuirmann 1987). 1 where there is no standard
/// error, or no margin.
double equivalence_p(double mean, const MeanError& error, double margin);

/// What the choice of the test data makes of a mean.
struct ImagePart {
  double variance = 0;       // of the mean
  double freedom = 0;        // independent test data, or groups of them, less one
  double acceleration = 0;   // by the jackknife
  double largest_share = 0;  // of one datum or group, of the sum of squares
  size_t units = 0;          // independent test data, or groups
};

/// Of one number for each test datum, of which each has a variance of `noise` that belongs to the seeds. Data of one group
/// depend on each other: the delete-one-group jackknife (`groups` is empty where there are none).
ImagePart image_part(std::span<const double> values, double noise = 0, std::span<const int64_t> groups = {});

/// Fills in the test data's part. Where it is of fewer than 200 data, or one datum carries it, it reaches as far as Student's t
/// or BCa, whichever is farther.
void add(const ImagePart& part, MeanError& error);

}  // namespace elbo::report
