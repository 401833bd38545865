#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "report/statistics/seed_noise.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {
namespace {

using Layout = std::vector<std::vector<double>>;  // [variant][seed]

constexpr double most_prior_freedom = 4;
constexpr double smallest_share_of_median = 1e-5;  // variances below are taken for this much
constexpr double notable_ratio = 30;               // of a variance to the median one
constexpr double least_prior_freedom = 1;          // below, no common size of the noise is seen
constexpr size_t seeds_for_one_noise = 5;          // below, variances that differ greatly are not drawn together
constexpr double most_gain_of_unpaired = 2;        // degrees of freedom beyond those of the variant with fewer seeds
constexpr double rounding = 1e-13;                 // of a mean, relative

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// Without the means of its variant and of its seed.
Layout residuals_of(const Layout& means) {
  const auto of_variants = means_of_rows(means), of_seeds = means_of_columns(means);
  const double all = mean(of_variants);
  Layout residuals = means;
  for (size_t v = 0; v < means.size(); ++v)
    for (size_t s = 0; s < means[v].size(); ++s) residuals[v][s] -= of_variants[v] + of_seeds[s] - all;
  return residuals;
}

double sum_of_squares(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return sum;
}

/// The noise of one variant reaches the others through the blocks: of 6 variants no mean square is more than 25 times the median for
/// that alone. So the plain variances over the seeds are looked at, too.
std::vector<bool> which_differ(const Layout& means, const SeedNoise& noise) {
  std::vector<double> plain;
  for (const auto& row : means) plain.push_back(sample_variance(row));
  const double middle = median(noise.mean_squares), middle_of_plain = median(plain);
  std::vector<bool> differs;
  for (size_t v = 0; v < means.size(); ++v)
    differs.push_back(noise.mean_squares[v] > notable_ratio * middle || plain[v] > notable_ratio * middle_of_plain);
  const auto most = std::max_element(noise.mean_squares.begin(), noise.mean_squares.end());
  if (noise.prior.estimated_freedom < least_prior_freedom)
    differs[static_cast<size_t>(most - noise.mean_squares.begin())] = true;
  return differs;
}

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

double trigamma_inverse(double x) {
  double y = 0.5 + 1 / x;  // Newton's method on 1 / trigamma, which is convex: never too far (Smyth 2004)
  for (int step = 0; step < 100; ++step) {
    const double t = boost::math::trigamma(y), change = t * (1 - t / x) / boost::math::polygamma(2, y);
    y += change;
    if (-change / y < 1e-8) break;
  }
  return y;
}

VariancePrior fit_prior(std::span<const double> variances, double freedom) {
  const double middle = median({variances.begin(), variances.end()});
  const double least = smallest_share_of_median * (middle > 0 ? middle : mean(variances));
  std::vector<double> logs;
  for (const double v : variances)
    logs.push_back(std::log(std::max(v, least)) - boost::math::digamma(freedom / 2) + std::log(freedom / 2));
  const double beyond_chance = sample_variance(logs) - boost::math::trigamma(freedom / 2);
  VariancePrior prior{.variance = mean(variances)};
  prior.estimated_freedom =
      beyond_chance > 0 ? 2 * trigamma_inverse(beyond_chance) : std::numeric_limits<double>::infinity();
  prior.freedom = std::min(prior.estimated_freedom, most_prior_freedom);
  return prior;
}

SeedNoise seed_noise(const Layout& means) {
  const auto variants = static_cast<double>(means.size()), seeds = static_cast<double>(means[0].size());
  const Layout residuals = residuals_of(means);
  SeedNoise noise{.seeds = means[0].size(), .freedom = seeds - 1};
  double largest = 0, squares = 0;
  for (size_t v = 0; v < means.size(); ++v) {
    const double own = sum_of_squares(residuals[v]);
    squares += own;
    noise.mean_squares.push_back(variants / (variants - 1) * own / noise.freedom);
    for (const double x : means[v]) largest = std::max(largest, std::abs(x));
  }
  noise.is_zero = squares <= variants * seeds * std::pow(rounding * largest, 2);
  noise.variances.assign(means.size(), 0);
  noise.differs.assign(means.size(), false);
  if (noise.is_zero) return noise;
  noise.prior = fit_prior(noise.mean_squares, noise.freedom);
  for (size_t v = 0; v < means.size(); ++v)
    noise.variances[v] = (noise.prior.freedom * noise.prior.variance + noise.freedom * noise.mean_squares[v]) /
                         noise.moderated_freedom();
  noise.block_ratio =
      variants * sample_variance(means_of_columns(means)) / (squares / ((variants - 1) * noise.freedom));
  noise.differs = which_differ(means, noise);
  return noise;
}

SeedNoise seed_noise(const Layout& means, const VariancePrior& of_more) {
  SeedNoise noise{.seeds = means[0].size(), .freedom = static_cast<double>(means[0].size()) - 1, .prior = of_more};
  for (const auto& row : means) {
    noise.mean_squares.push_back(sample_variance(row));
    noise.variances.push_back((of_more.freedom * of_more.variance + noise.freedom * noise.mean_squares.back()) /
                              noise.moderated_freedom());
  }
  noise.is_zero = std::all_of(noise.variances.begin(), noise.variances.end(), [](double v) { return v == 0; });
  noise.differs = which_differ(means, noise);
  return noise;
}

std::vector<OddRun> odd_runs(const Layout& means, const SeedNoise& noise) {
  const Layout residuals = residuals_of(means);
  const auto variants = static_cast<double>(residuals.size()), seeds = static_cast<double>(noise.seeds);
  std::vector<OddRun> odd;
  if (noise.seeds < 3 || noise.is_zero) return odd;
  const double others = mean(noise.mean_squares) * variants;
  const double freedom = noise.prior.freedom + seeds - 2;
  const boost::math::students_t t(freedom);
  for (size_t v = 0; v < residuals.size(); ++v) {
    const double prior = (others - noise.mean_squares[v]) / (variants - 1);
    for (size_t s = 0; s < noise.seeds; ++s) {
      std::vector<double> rest = residuals[v];  // so that the run does not contribute to its own variance
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(s));
      const double own = sample_variance(rest) * variants / (variants - 1);
      const double variance = (noise.prior.freedom * prior + (seeds - 2) * own) / freedom;
      const double size = std::abs(residuals[v][s]) * std::sqrt(seeds / (seeds - 1) / variance);
      if (2 * cdf(complement(t, size)) * variants * seeds < claim_level) odd.push_back({v, s, size});
    }
  }
  return odd;
}

bool is_moderated(const SeedNoise& noise, size_t a, size_t b) {
  return noise.seeds >= seeds_for_one_noise || !(noise.differs[a] || noise.differs[b]);
}

MeanError error_of_moderated_seeds(const SeedNoise& noise, size_t a, size_t b) {
  if (noise.is_zero) return {};
  const double of_a = noise.variances[a], of_b = noise.variances[b], sum = of_a + of_b;
  return {.seeds = sum / static_cast<double>(noise.seeds),
          .seeds_freedom = noise.moderated_freedom() * sum * sum / (of_a * of_a + of_b * of_b)};
}

MeanError error_of_paired_seeds(std::span<const double> differences) {
  const auto seeds = static_cast<double>(differences.size());
  return {.seeds = sample_variance(differences) / seeds, .seeds_freedom = seeds - 1, .by_parts = true};
}

MeanError error_of_unpaired_seeds(std::span<const double> a, std::span<const double> b) {
  const auto seeds_a = static_cast<double>(a.size()), seeds_b = static_cast<double>(b.size());
  const double of_a = sample_variance(a) / seeds_a, of_b = sample_variance(b) / seeds_b, both = of_a + of_b;
  const double freedom = both * both / (of_a * of_a / (seeds_a - 1) + of_b * of_b / (seeds_b - 1));
  const double most = std::min(seeds_a, seeds_b) - 1 + most_gain_of_unpaired;
  return {.seeds = both, .seeds_freedom = both > 0 ? std::min(freedom, most) : most, .by_parts = true};
}

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

std::optional<SharedNoise> shared_noise(const std::vector<SeedSums>& rows,
                                        const std::optional<VariancePrior>& of_more) {
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
  const bool are_few = shared.rows.size() < variants_for_one_noise;
  if ((are_few && !of_more) || shared.rows.size() < 2 || shared.images < 2) return {};
  if (are_few) shared.of_more = of_more;
  for (const size_t r : shared.rows) {
    shared.means.emplace_back();
    for (const int64_t seed : shared.seeds)
      shared.means.back().push_back(seed_sum(rows[r], seed) / static_cast<double>(shared.images));
  }
  shared.noise = are_few ? seed_noise(shared.means, *of_more) : seed_noise(shared.means);
  return shared;
}

SharedNoise without_image(const SharedNoise& all, const std::vector<std::vector<double>>& values) {
  SharedNoise rest = all;
  const auto images = static_cast<double>(all.images);
  --rest.images;
  for (size_t v = 0; v < rest.means.size(); ++v)
    for (size_t s = 0; s < rest.seeds.size(); ++s)
      rest.means[v][s] = (images * all.means[v][s] - values[v][s]) / (images - 1);
  rest.noise = rest.of_more ? seed_noise(rest.means, *rest.of_more) : seed_noise(rest.means);
  return rest;
}

}  // namespace elbo::host::report
