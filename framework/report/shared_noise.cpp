#include "report/shared_noise.hpp"

#include <algorithm>
#include <map>

namespace elbo::report {
namespace {

/// That most rows have: other rows lack a bound that they have, or have one more.
std::vector<bool> usual_images(const std::vector<SeedSums>& rows) {
  std::map<std::vector<bool>, size_t> counts;
  for (const SeedSums& row : rows)
    if (row.seeds.size() >= seeds_for_a_method) ++counts[row.images];
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::vector<bool>() : most->first;
}

/// As many as a claim about a method needs; of equally common ones the first.
std::vector<int64_t> most_common_seeds(const std::vector<SeedSums>& rows) {
  std::map<int64_t, size_t> counts;
  for (const SeedSums& row : rows)
    for (const int64_t seed : row.seeds) ++counts[seed];
  std::vector<std::pair<int64_t, size_t>> seeds(counts.begin(), counts.end());
  std::stable_sort(seeds.begin(), seeds.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  seeds.resize(std::min(seeds.size(), seeds_for_a_method));
  std::vector<int64_t> most;
  for (const auto& [seed, count] : seeds) most.push_back(seed);
  std::sort(most.begin(), most.end());
  return most;
}

double seed_sum(const SeedSums& row, int64_t seed) {
  return row.sums[static_cast<size_t>(std::lower_bound(row.seeds.begin(), row.seeds.end(), seed) - row.seeds.begin())];
}

}  // namespace

SeedSums sums_of(const VariantValues& values) {
  SeedSums sums{values.seeds, {}, values.finite()};
  for (const auto& row : values.rows) {
    sums.sums.push_back(0);
    for (size_t i = 0; i < sums.images.size(); ++i)
      if (sums.images[i]) sums.sums.back() += row[i];
  }
  return sums;
}

std::optional<size_t> SharedNoise::place_of(size_t row) const {
  const auto found = std::lower_bound(rows.begin(), rows.end(), row);
  if (found == rows.end() || *found != row) return {};
  return static_cast<size_t>(found - rows.begin());
}

std::optional<SharedNoise> shared_noise(const std::vector<SeedSums>& rows) {
  const auto images = usual_images(rows);
  const auto wanted = most_common_seeds(rows);
  if (wanted.size() < seeds_for_a_method) return {};
  SharedNoise shared;
  shared.images = static_cast<size_t>(std::count(images.begin(), images.end(), true));
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].images != images || common_seeds(rows[r].seeds, wanted) != wanted) continue;
    shared.seeds = shared.rows.empty() ? rows[r].seeds : common_seeds(shared.seeds, rows[r].seeds);
    shared.rows.push_back(r);
  }
  if (shared.rows.size() < variants_for_one_noise || shared.images < 2) return {};
  for (const size_t r : shared.rows) {
    shared.means.emplace_back();
    for (const int64_t seed : shared.seeds)
      shared.means.back().push_back(seed_sum(rows[r], seed) / static_cast<double>(shared.images));
  }
  shared.noise = seed_noise(shared.means);
  return shared;
}

SharedNoise without_image(const SharedNoise& all, const std::vector<std::vector<double>>& values) {
  SharedNoise rest = all;
  const auto images = static_cast<double>(all.images);
  --rest.images;
  for (size_t v = 0; v < rest.means.size(); ++v)
    for (size_t s = 0; s < rest.seeds.size(); ++s)
      rest.means[v][s] = (images * all.means[v][s] - values[v][s]) / (images - 1);
  rest.noise = seed_noise(rest.means);
  return rest;
}

}  // namespace elbo::report
