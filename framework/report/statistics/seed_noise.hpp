// The seed noise of variants that were trained with the same seeds, estimated together.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/results/variant_row.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {

/// A prior of variances that are known to few degrees of freedom each (Smyth 2004).
struct VariancePrior {
  double freedom = 0;            // of the prior: at most 4, so that variances that differ are not taken for equal
  double estimated_freedom = 0;  // before that; infinite where the variances differ by no more than chance
  double variance = 0;           // mean of the variances
};

/// Moments of the logarithms, as in limma's fitFDist; `freedom` of each variance.
VariancePrior fit_prior(std::span<const double> variances, double freedom);

/// y with trigamma(y) = x > 0.
double trigamma_inverse(double x);

/// Variances of one run's mean over the test data that are due to its seed, by variant. What a seed does to all variants alike
/// (the order of the data) is taken off: seeds are blocks.
struct SeedNoise {
  size_t seeds = 0;
  std::vector<double> mean_squares;  // of each variant, without the blocks
  std::vector<double> variances;     // moderated: drawn towards the prior's
  double freedom = 0;                // of each mean square
  VariancePrior prior;
  double block_ratio = 0;     // F of the seeds' effect that all variants share
  std::vector<bool> differs;  // variants whose noise is of another size than the others'
  bool is_zero = false;       // every seed of each variant has the same number

  double moderated_freedom() const { return freedom + prior.freedom; }
};

/// Of means[variant][seed] over the test data: 2 variants and 2 seeds, or more.
SeedNoise seed_noise(const std::vector<std::vector<double>>& means);

/// The same of so few variants that they do not tell how large the noise is: the plain variance of each, drawn towards the prior of more
/// variants, some of which have no runs with these seeds.
SeedNoise seed_noise(const std::vector<std::vector<double>>& means, const VariancePrior& of_more);

/// A run far from what its variant's other seeds and the other variants' runs of its seed say.
struct OddRun {
  size_t variant = 0, seed = 0;  // places in the table
  double standard_deviations = 0;
};
/// Each run against the other seeds of its variant, with those variances; at the level over all runs together.
std::vector<OddRun> odd_runs(const std::vector<std::vector<double>>& means, const SeedNoise& noise);

// The seeds' part of the error of a mean difference; the test data's part is not in it yet.

/// Whether the variances of both are drawn together: not where the noise of one differs from the others' and seeds are few.
bool is_moderated(const SeedNoise& noise, size_t a, size_t b);
/// By the moderated variances of both variants.
MeanError error_of_moderated_seeds(const SeedNoise& noise, size_t a, size_t b);
/// Of two variants with the same seeds, by one difference for each seed.
MeanError error_of_paired_seeds(std::span<const double> differences);
/// Of two variants with seeds of their own: Welch (1947).
MeanError error_of_unpaired_seeds(std::span<const double> a, std::span<const double> b);

inline constexpr size_t seeds_for_a_method = 3;      // fewer say nothing of other seeds (R13)
inline constexpr size_t variants_for_one_noise = 6;  // fewer do not tell how large it is

/// What is kept of a variant: its sums over the images of which every seed has a number.
struct SeedSums {
  std::vector<int64_t> seeds;
  std::vector<double> sums;
  std::vector<bool> images;
};
SeedSums sums_of(const VariantValues& values);

struct SharedNoise {
  std::vector<size_t> rows;  // places of its variants in the ranking
  std::vector<int64_t> seeds;
  std::vector<std::vector<double>> means;  // [variant][seed]
  size_t images = 0;
  std::optional<VariancePrior> of_more{};  // where the prior is not of its own variants
  SeedNoise noise;

  /// Among its variants; nothing where the row is none of them.
  std::optional<size_t> place_of(size_t row) const;
  bool has(size_t row_a, size_t row_b) const { return place_of(row_a) && place_of(row_b); }
};

/// Of the variants that have the most common seeds and the same images, by all seeds that they share; nothing where these are
/// fewer than 6 variants or 3 seeds. A row without numbers has no seeds. With the prior of more variants 2 are enough.
std::optional<SharedNoise> shared_noise(const std::vector<SeedSums>& rows,
                                        const std::optional<VariancePrior>& of_more = {});

/// The same without one image, of which values[row][seed] are the numbers of the shared seeds.
SharedNoise without_image(const SharedNoise& all, const std::vector<std::vector<double>>& values);

}  // namespace elbo::host::report
