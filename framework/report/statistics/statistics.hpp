// Means, errors and p values of differences between variants: the error of a mean difference by its two sources, seeds and test data, with
// the intervals and p values that follow; which variant is the best (Hsu 1984); and whether one test data point carries a difference by itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace elbo::host::report {

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
  double largest_share = 0;  // of one data point or group, of the sum of squares
  size_t units = 0;          // independent test data, or groups
};

/// Of one number for each test data point, of which each has a variance of `noise` that belongs to the seeds. Data of one group
/// depend on each other: the delete-one-group jackknife (`groups` is empty where there are none).
ImagePart image_part(std::span<const double> values, double noise = 0, std::span<const int64_t> groups = {});

/// Fills in the test data's part. Where it is of fewer than 200 data, or one data point carries it, it reaches as far as Student's t
/// or BCa, whichever is farther.
void add(const ImagePart& part, MeanError& error);

/// A difference between two variants, by their places; `mean` >= 0 is of better - worse.
struct Contrast {
  size_t better = 0, worse = 0;
  double mean = 0;
  MeanError error;
  bool proves = true;  // else it says nothing of either, whatever its numbers
};

struct BestClaim {
  double p = 1;  // of "it is the best": below the level it is proved that another one is at least as good
  Interval from_best_other{-std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::infinity()};  // its mean less that of the best other one
  bool is_compared = false;
  double level = claim_level;  // that p is held against

  bool may_be_best() const { return is_compared && !(p < level); }
};

/// What is proved of each of so many variants, all together at the level. Of two variants it is the pair's own two-sided test.
/// `candidates`: how many may be the best, where contrasts of some are left out; 0: those that have contrasts.
std::vector<BestClaim> compare_with_best(size_t variants, const std::vector<Contrast>& contrasts,
                                         double level = claim_level, size_t candidates = 0);

/// What one test data point does to a difference.
struct Influence {
  size_t row = 0;          // of /per_example
  double share = 0;        // of the sum of squares of the differences of all test data
  double nats = 0;         // the difference of this data point
  Difference without;      // the deciding difference without it
  bool undoes_it = false;  // a decided difference is not decided, or the other way round, without it
};

/// The two data, largest and smallest, that can carry a mean difference; `without` gives what decides without a place of `d`.
std::vector<Influence> extremes(const std::vector<double>& d, const std::function<Difference(size_t)>& without);

/// Among the extremes the one that a reader must know of; `factor` is what p is multiplied by for the number of comparisons.
std::optional<Influence> decisive(std::vector<Influence> extremes, size_t images, const Difference& deciding,
                                  double factor, double level);

}  // namespace elbo::host::report
