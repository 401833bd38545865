// The seed noise of the variants of a ranking that were trained with the same seeds, estimated together.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/seed_noise.hpp"
#include "report/variant_values.hpp"

namespace elbo::report {

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
  SeedNoise noise;

  /// Among its variants; nothing where the row is none of them.
  std::optional<size_t> place_of(size_t row) const;
  bool has(size_t row_a, size_t row_b) const { return place_of(row_a) && place_of(row_b); }
};

/// Of the variants that have the most common seeds and the same images, by all seeds that they share; nothing where these are
/// fewer than 6 variants or 3 seeds. A row without numbers has no seeds.
std::optional<SharedNoise> shared_noise(const std::vector<SeedSums>& rows);

/// The same without one image, of which values[row][seed] are the numbers of the shared seeds.
SharedNoise without_image(const SharedNoise& all, const std::vector<std::vector<double>>& values);

}  // namespace elbo::report
