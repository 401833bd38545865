#include "report/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "metrics/metrics.hpp"
#include "report/identical.hpp"

namespace elbo::report {
namespace {

constexpr double level = 0.05;
constexpr double bias_share = 0.1;  // of the difference, above which the bias may be what is seen
constexpr size_t most_runs_for_all_pairs = 500;

using SeedRows = std::vector<std::vector<double>>;

std::set<int64_t> seeds_of(const VariantRow& row) {
  std::set<int64_t> seeds;
  for (const RunOutcome& run : row.runs) seeds.insert(run.seed);
  return seeds;
}

/// The values of each seed, in order of the seeds; nothing unless every run has them.
SeedRows values_of(const VariantRow& row, const std::string& name) {
  std::map<int64_t, std::vector<double>> by_seed;
  for (const RunOutcome& run : row.runs) {
    const auto found = run.per_example.find(name);
    if (found == run.per_example.end()) return {};
    by_seed[run.seed] = found->second();
    if (by_seed[run.seed].empty()) return {};
  }
  SeedRows rows;
  for (auto& [seed, values] : by_seed) rows.push_back(std::move(values));
  return rows;
}

/// The images on which every seed of both has a value, and how many only one of them has.
struct Common {
  std::vector<size_t> images;
  size_t of_one = 0;
};

Common common_images(const SeedRows& a, const SeedRows& b) {
  size_t images = a[0].size();
  for (const SeedRows* rows : {&a, &b})
    for (const auto& row : *rows) images = std::min(images, row.size());
  Common common;
  for (size_t i = 0; i < images; ++i) {
    const auto finite = [i](const auto& row) { return std::isfinite(row[i]); };
    const bool in_a = std::all_of(a.begin(), a.end(), finite), in_b = std::all_of(b.begin(), b.end(), finite);
    if (in_a && in_b) common.images.push_back(i);
    common.of_one += in_a != in_b;
  }
  return common;
}

SeedRows at_images(SeedRows rows, const std::vector<size_t>& images) {
  for (auto& row : rows) {
    for (size_t k = 0; k < images.size(); ++k) row[k] = row[images[k]];
    row.resize(images.size());
  }
  return rows;
}

SeedRows without_image(SeedRows rows, size_t place) {
  for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(place));
  return rows;
}

std::vector<double> mean_over_seeds(const SeedRows& rows) {
  std::vector<double> means(rows[0].size(), 0.0);
  for (const auto& row : rows)
    for (size_t i = 0; i < means.size(); ++i) means[i] += row[i] / static_cast<double>(rows.size());
  return means;
}

SeedRows differences(const SeedRows& a, const SeedRows& b) {
  SeedRows d = a;
  for (size_t s = 0; s < d.size(); ++s)
    for (size_t i = 0; i < d[s].size(); ++i) d[s][i] -= b[s][i];
  return d;
}

double bias_of(const VariantRow& row) {
  const auto bias = row.find(metrics::log_px_bias);
  return bias ? bias->mean : 0;
}

/// A pair before it is corrected for the number of pairs.
struct Compared {
  Pair pair;
  const VariantRow *better, *worse;
  std::vector<Influence> extremes;
};

/// Over seeds and images, where there are seeds enough for a method.
std::optional<Difference> of_method(const SeedRows& a, const SeedRows& b, bool paired_seeds) {
  if (std::min(a.size(), b.size()) < seeds_for_a_method) return {};
  return paired_seeds ? over_seeds_and_images(differences(a, b)) : welch_over_seeds_and_images(a, b);
}

std::vector<double> mean_differences(const SeedRows& a, const SeedRows& b) {
  return differences({mean_over_seeds(a)}, {mean_over_seeds(b)})[0];
}

Compared compare(const VariantRow* a, const VariantRow* b, SeedRows values_a, SeedRows values_b, const Score& score) {
  const Common common = common_images(values_a, values_b);
  values_a = at_images(std::move(values_a), common.images);
  values_b = at_images(std::move(values_b), common.images);
  if (mean(mean_differences(values_a, values_b)) < 0) {  // the rows are sorted by means over other data
    std::swap(a, b);
    std::swap(values_a, values_b);
  }
  const std::vector<double> d = mean_differences(values_a, values_b);
  Compared compared{.pair = {}, .better = a, .worse = b, .extremes = {}};
  Pair& pair = compared.pair;
  pair.left_out = common.of_one;
  pair.better = a->variant;
  pair.worse = b->variant;
  pair.images = d.size();
  pair.seeds = std::min(values_a.size(), values_b.size());
  pair.planned_seeds = std::max(a->planned_seeds(), b->planned_seeds());
  pair.of_bounds = score.is_bound;
  if (!score.is_bound && score.value == metrics::log_px.name) pair.bias = std::abs(bias_of(*a) - bias_of(*b));
  if (a->key && !a->key->is_density()) pair.dimensions = a->key->levels > 0 ? a->key->dimensions : 0;
  if (pair.images < 2) return compared;
  if (std::all_of(d.begin(), d.end(), [](double x) { return x == 0; })) pair.identical = what_identity_means(*a, *b);
  pair.checkpoints = over_images(d);
  const bool paired_seeds =
      seeds_of(*a) == seeds_of(*b);  // then they share initial weights of equal parts and data order
  if (paired_seeds) pair.spread = variance_split(differences(values_a, values_b));
  pair.method = of_method(values_a, values_b, paired_seeds);
  compared.extremes = extremes(d, [&](size_t place) {
    const auto method = of_method(without_image(values_a, place), without_image(values_b, place), paired_seeds);
    return method ? *method : over_images(without_image({d}, place)[0]);
  });
  for (Influence& one : compared.extremes) one.row = common.images[one.row];
  return compared;
}

/// Two numbers that were the same kind of bound before, too, differ as they did then.
bool loses_by_its_conversion(const VariantRow& worse, const VariantRow& better) {
  return worse.converted_to_bound && worse.conversion != better.conversion;
}

std::string why_undecided(const Pair& pair, const VariantRow& better, const VariantRow& worse) {
  if (pair.images == 1) return "one test datum has no standard error; use more test data";
  if (pair.images == 0 || !std::isfinite(pair.checkpoints.mean)) return "there are no finite bounds of both (R12)";
  if (pair.left_out > 0)
    return fmt::format("only one of them has a finite bound of {} more test data (R12)", pair.left_out);
  if (pair.bias > bias_share * std::abs(pair.checkpoints.mean))
    return fmt::format(
        "the bias of their estimates differs by {:.3f} nat, more than a tenth of the difference; raise "
        "evaluate.importance_samples",
        pair.bias);
  if (!(pair.adjusted_p < level)) return fmt::format("p = {:.2g} after correction", pair.adjusted_p);
  if (loses_by_its_conversion(worse, better))
    return fmt::format("the number of {} is a bound after conversion: its true one may be higher", worse.variant);
  return "";
}

/// What p was multiplied by for the number of pairs.
double correction(double p, double adjusted, size_t pairs) { return p > 0 ? adjusted / p : static_cast<double>(pairs); }

void decide(Compared& compared, size_t pairs) {
  Pair& pair = compared.pair;
  pair.undecided = why_undecided(pair, *compared.better, *compared.worse);
  const bool is_known = pair.left_out == 0 && !loses_by_its_conversion(*compared.worse, *compared.better);
  pair.equivalent = !pair.undecided.empty() && is_known && pair.equivalence_p < level;
  const Interval& interval = pair.deciding().interval;
  pair.negligible = pair.undecided.empty() && std::max(-interval.low, interval.high) < pair.margin - pair.bias;
  if (pair.images >= 2)
    pair.influence = decisive(compared.extremes, pair.images, pair.deciding(),
                              correction(pair.deciding().p, pair.adjusted_p, pairs), level);
}

}  // namespace

double Pair::bits_per_dim(double nats) const { return nats / (static_cast<double>(dimensions) * std::numbers::ln2); }

bool compares_all_pairs(const std::vector<VariantRow>& rows) {
  size_t runs = 0;
  for (const VariantRow& row : rows) runs += row.runs.size();
  return runs <= most_runs_for_all_pairs;
}

std::vector<Pair> pairs_of(const std::vector<VariantRow>& rows, const Score& score, const Margins& margins) {
  std::vector<Compared> compared;
  const bool all = compares_all_pairs(rows);
  std::vector<SeedRows> kept(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    if (all || i == 0) kept[i] = values_of(rows[i], score.value);
  for (size_t i = 0; i < (all ? rows.size() : 1); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j) {
      if (rows[i].ranked != rows[j].ranked) continue;
      SeedRows a = kept[i], b = all ? kept[j] : values_of(rows[j], score.value);
      if (a.empty() || b.empty()) continue;
      compared.push_back(compare(&rows[i], &rows[j], std::move(a), std::move(b), score));
    }
  std::vector<double> p, same;
  for (Compared& one : compared) {
    Pair& pair = one.pair;
    pair.margin = pair.dimensions > 0 ? margins.bits_per_dim / pair.bits_per_dim(1) : margins.nats;
    p.push_back(pair.deciding().p);
    same.push_back(
        equivalence_p(pair.deciding(), pair.margin - pair.bias));  // the bias may hide as much of a difference
  }
  const auto adjusted = holm(p), adjusted_same = holm(same);
  std::vector<Pair> pairs;
  for (size_t i = 0; i < compared.size(); ++i) {
    compared[i].pair.adjusted_p = adjusted[i];
    compared[i].pair.equivalence_p = adjusted_same[i];
    decide(compared[i], compared.size());
    pairs.push_back(std::move(compared[i].pair));
  }
  return pairs;
}

std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value) {
  SeedRows of_a = values_of(a, value), of_b = values_of(b, value);
  if (of_a.empty() || of_b.empty()) return {};
  const Common common = common_images(of_a, of_b);
  return mean_differences(at_images(std::move(of_a), common.images), at_images(std::move(of_b), common.images));
}

}  // namespace elbo::report
