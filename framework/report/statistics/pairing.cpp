#include "report/statistics/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "experiment/seed_rule.hpp"
#include "metrics/metrics.hpp"
#include "report/results/differences.hpp"
#include "report/statistics/selection.hpp"

namespace elbo::host::report {
namespace {

constexpr double bias_share = 0.1;   // of the difference, above which the bias may be what is seen
constexpr size_t fewest_groups = 5;  // of test data, for a claim

/// The numbers of a pair on what both have: the same images, and the seeds that its basis asks for.
struct Sides {
  SeedBasis basis = SeedBasis::checkpoints;
  SeedRows a, b;
  std::vector<int64_t> groups;  // of each image
};

struct Assessed {
  double mean = 0;
  MeanError error;
};

double bias_of(const VariantRow& row) {
  const auto bias = row.find(metrics::log_px_bias);
  return bias ? bias->mean : 0;
}

std::vector<double> mean_differences(const Sides& sides) {
  return differences({means_of_columns(sides.a)}, {means_of_columns(sides.b)})[0];
}

/// `moderated`: the seeds' part of the error where it is known of all variants together.
Assessed assess(const Sides& sides, const MeanError& moderated) {
  const auto d = mean_differences(sides);
  Assessed result{.mean = mean(d), .error = {}};
  double of_one_cell = 0;  // variance of a number of `d` that its seeds and chance have, not its image
  const auto seeds_a = static_cast<double>(sides.a.size()), seeds_b = static_cast<double>(sides.b.size());
  if (sides.basis == SeedBasis::unpaired_seeds) {
    result.error = error_of_unpaired_seeds(means_of_rows(sides.a), means_of_rows(sides.b));
    of_one_cell = residual_variance(sides.a) / seeds_a + residual_variance(sides.b) / seeds_b;
  } else if (sides.basis != SeedBasis::checkpoints) {
    const SeedRows by_seed = differences(sides.a, sides.b);
    result.error = sides.basis == SeedBasis::moderated ? moderated : error_of_paired_seeds(means_of_rows(by_seed));
    of_one_cell = residual_variance(by_seed) / seeds_a;
  }
  add(image_part(d, of_one_cell, sides.groups), result.error);
  return result;
}

/// The rows of a ranking with what is read of them. The numbers of each data point are kept where all pairs are compared.
class RankedRows {
 public:
  RankedRows(const std::vector<VariantRow>& rows, std::string value, const AtLook& at)
      : rows_(rows), value_(std::move(value)), all_(compares_all_pairs(rows)), kept_(rows.size()) {
    std::vector<SeedSums> sums(rows.size());
    for (size_t r = 0; r < rows.size(); ++r) {
      VariantValues values = values_of(rows[r], value_);
      if (rows[r].ranked && !values.empty()) sums[r] = sums_of(values);
      if (all_ || r == 0) kept_[r] = std::move(values);
    }
    const auto prior = rows.empty() ? at.prior.end() : at.prior.find(rows.front().variant);
    noise_ = shared_noise(sums, prior == at.prior.end() ? std::nullopt : std::optional(prior->second));
    chosen_ = at.has_all_variants ? chosen_points(rows) : std::vector<std::string>(rows.size());
  }

  bool all() const { return all_; }
  const VariantRow& row(size_t r) const { return rows_[r]; }
  const std::string& why_chosen(size_t r) const { return chosen_[r]; }
  bool is_kept(size_t r) const { return all_ || r == 0; }
  const VariantValues& kept(size_t r) const { return kept_[r]; }
  VariantValues read(size_t r) const { return values_of(rows_[r], value_); }
  const std::optional<SharedNoise>& noise() const { return noise_; }

  /// Of the shared noise without an image. What the image does to it is known where the numbers of all variants are kept.
  SeedNoise noise_without(size_t image) const {
    if (!all_) return noise_->noise;
    std::vector<std::vector<double>> values;
    for (const size_t r : noise_->rows) {
      values.emplace_back();
      for (const int64_t seed : noise_->seeds) values.back().push_back(kept_[r].of(seed)[image]);
    }
    return without_image(*noise_, values).noise;
  }

 private:
  const std::vector<VariantRow>& rows_;
  std::string value_;
  bool all_;
  std::vector<VariantValues> kept_;
  std::optional<SharedNoise> noise_;
  std::vector<std::string> chosen_;
};

/// Which seeds of both are compared, and how. Those that share a seed share initial weights of equal parts and the order of the data.
Sides chosen_seeds(const RankedRows& rows, size_t row_a, size_t row_b, const VariantValues& a, const VariantValues& b) {
  if (rows.noise() && rows.noise()->has(row_a, row_b)) {
    const SharedNoise& shared = *rows.noise();
    const bool together = is_moderated(shared.noise, *shared.place_of(row_a), *shared.place_of(row_b));
    return {together ? SeedBasis::moderated : SeedBasis::paired_seeds, a.of(shared.seeds), b.of(shared.seeds), {}};
  }
  const auto fewer = std::min(a.seeds.size(), b.seeds.size());
  const auto common = common_seeds(a.seeds, b.seeds);
  if (fewer < seeds_for_a_method) return {SeedBasis::checkpoints, a.rows, b.rows, {}};
  if (common.size() == fewer) return {SeedBasis::paired_seeds, a.of(common), b.of(common), {}};
  return {SeedBasis::unpaired_seeds, a.rows, b.rows, {}};
}

std::vector<int64_t> groups_at(const std::vector<int64_t>& groups, const std::vector<size_t>& images) {
  std::vector<int64_t> chosen;
  for (const size_t i : images)
    if (i < groups.size()) chosen.push_back(groups[i]);
  return chosen.size() == images.size() ? chosen : std::vector<int64_t>();
}

Sides without_image(Sides sides, size_t place) {
  const auto offset = static_cast<std::ptrdiff_t>(place);
  for (SeedRows* rows : {&sides.a, &sides.b})
    for (auto& row : *rows) row.erase(row.begin() + offset);
  if (!sides.groups.empty()) sides.groups.erase(sides.groups.begin() + offset);
  return sides;
}

/// A pair before it is corrected for the number of pairs.
struct Compared {
  Pair pair;
  size_t better, worse;
  std::vector<Influence> extremes;
};

Compared compare(const RankedRows& rows, size_t a, size_t b, const VariantValues& values_b, const Score& score) {
  const VariantValues& values_a = rows.kept(a);
  const CommonImages common = common_images(values_a, values_b);
  Sides sides = chosen_seeds(rows, a, b, values_a, values_b);
  sides.a = at_images(sides.a, common.images);
  sides.b = at_images(sides.b, common.images);
  sides.groups = groups_at(values_a.groups.empty() ? values_b.groups : values_a.groups, common.images);
  std::vector<double> d = mean_differences(sides);
  if (mean(d) < 0) {  // the rows are sorted by means over other data
    std::swap(a, b);
    std::swap(sides.a, sides.b);
    for (double& x : d) x = -x;
  }
  const VariantRow &row_a = rows.row(a), &row_b = rows.row(b);
  Compared compared{.pair = {}, .better = a, .worse = b, .extremes = {}};
  Pair& pair = compared.pair;
  pair.left_out = common.of_one;
  pair.better = row_a.variant;
  pair.worse = row_b.variant;
  pair.basis = sides.basis;
  pair.images = d.size();
  pair.seeds = std::min(sides.a.size(), sides.b.size());
  pair.planned_seeds = std::max(row_a.planned_seeds(), row_b.planned_seeds());
  pair.of_bounds = score.is_bound;
  if (!score.is_bound && score.value == metrics::log_px.name) pair.bias = std::abs(bias_of(row_a) - bias_of(row_b));
  if (row_a.key && !row_a.key->is_density() && row_a.key->observed == "all")
    pair.dimensions = row_a.key->levels > 0 ? row_a.key->dimensions : 0;
  for (const size_t r : {a, b})
    if (!rows.why_chosen(r).empty()) pair.chosen = rows.why_chosen(r);
  pair.difference.mean = mean(d);
  if (pair.images < 2) return compared;
  if (std::all_of(d.begin(), d.end(), [](double x) { return x == 0; }))
    pair.identical = what_identity_means(row_a, row_b);
  const auto moderated = [&](const SeedNoise& noise) {
    return error_of_moderated_seeds(noise, *rows.noise()->place_of(a), *rows.noise()->place_of(b));
  };
  const bool is_shared = sides.basis == SeedBasis::moderated;
  const Assessed result = assess(sides, is_shared ? moderated(rows.noise()->noise) : MeanError());
  pair.error = result.error;
  pair.difference = difference_with(result.mean, result.error);
  if (!sides.groups.empty()) pair.groups = std::set(sides.groups.begin(), sides.groups.end()).size();
  pair.has_copies = pair.of_methods() && pair.identical.empty() && (have_copies(sides.a) || have_copies(sides.b));
  compared.extremes = extremes(d, [&](size_t place) {
    const Assessed rest = assess(without_image(sides, place),
                                 is_shared ? moderated(rows.noise_without(common.images[place])) : MeanError());
    return difference_with(rest.mean, rest.error);
  });
  for (Influence& one : compared.extremes) one.row = common.images[one.row];
  return compared;
}

/// Two numbers that were the same kind of bound before, too, differ as they did then.
bool loses_by_its_conversion(const VariantRow& worse, const VariantRow& better) {
  return worse.converted_to_bound && worse.conversion != better.conversion;
}

/// Why the numbers of a pair are none that could be compared, whatever its p is.
std::string why_not_comparable(const Pair& pair, const VariantRow& better, const VariantRow& worse) {
  if (pair.images == 1) return "one test data point has no standard error; use more test data";
  if (pair.images == 0 || !std::isfinite(pair.difference.mean)) return "there are no finite bounds of both (R12)";
  if (pair.left_out > 0)
    return fmt::format("only one of them has a finite bound of {} more test data (R12)", pair.left_out);
  if (pair.groups > 0 && pair.groups < fewest_groups)
    return fmt::format("the test data are of {} groups only, where {} or more have a standard error; use more groups",
                       pair.groups, fewest_groups);
  if (!pair.chosen.empty()) return pair.chosen;
  if (pair.has_copies)
    return "seeds of one of them have the same numbers in every digit: copies of a run say nothing of other seeds";
  if (loses_by_its_conversion(worse, better))
    return fmt::format("the number of {} is a bound after conversion: its true one may be higher", worse.variant);
  return "";
}

std::string why_biased(const Pair& pair) {
  if (!(pair.bias > bias_share * std::abs(pair.difference.mean))) return "";
  return fmt::format(
      "the bias of their estimates differs by {:.3f} nat, more than a tenth of the difference; raise "
      "evaluate.importance_samples",
      pair.bias);
}

/// What p was multiplied by for the number of pairs.
double correction(double p, double adjusted, size_t pairs) { return p > 0 ? adjusted / p : static_cast<double>(pairs); }

/// Adjusts all p values for their number, and the intervals.
void correct(std::vector<Compared>& all, const Margins& margins, double level) {
  std::vector<double> p, same;
  for (Compared& one : all) {
    Pair& pair = one.pair;
    pair.margin = pair.dimensions > 0 ? margins.bits_per_dim / pair.bits_per_dim(1) : margins.nats;
    p.push_back(pair.difference.p);
    same.push_back(pair.images < 2 ? 1
                                   : equivalence_p(pair.difference.mean, pair.error,
                                                   pair.margin - pair.bias));  // the bias may hide as much of it
  }
  const auto adjusted = holm(p), adjusted_same = holm(same);
  for (size_t i = 0; i < all.size(); ++i) {
    Pair& pair = all[i].pair;
    pair.adjusted_p = adjusted[i];
    pair.equivalence_p = adjusted_same[i];
    pair.alone = all.size() == 1;
    pair.simultaneous = pair.difference.interval;
    if (pair.images >= 2 && all.size() > 1 && std::isfinite(pair.difference.standard_error))
      pair.simultaneous = interval_with(pair.difference.mean, pair.error, level / 2 / static_cast<double>(all.size()));
  }
}

std::vector<BestClaim> best_of(const std::vector<VariantRow>& rows, const std::vector<Compared>& all, double level) {
  std::vector<Contrast> contrasts;
  for (const Compared& one : all) {
    if (!rows[one.better].ranked) continue;
    const bool proves = one.pair.obstacle.empty() && one.pair.bias_in_doubt.empty();
    contrasts.push_back({one.better, one.worse, one.pair.difference.mean, one.pair.error, proves});
  }
  return compare_with_best(rows.size(), contrasts, level);
}

void decide(Compared& compared, const Decisions& decisions, size_t pairs, size_t open, double level) {
  Pair& pair = compared.pair;
  pair.undecided = pair.obstacle.empty() ? pair.bias_in_doubt : pair.obstacle;
  if (pair.undecided.empty() && !(pair.adjusted_p < level)) {
    pair.undecided = fmt::format("p = {:.2g} after correction, {}", pair.adjusted_p, what_limits(pair, open, level));
    if (const BestClaim& claim = decisions.best[compared.worse]; claim.is_compared && !claim.may_be_best())
      pair.undecided += fmt::format("; that {} is not the best is proved", pair.worse);
  }
  const bool is_near = pair.equivalence_p < level;
  pair.equivalent = !pair.undecided.empty() && pair.obstacle.empty() && is_near;
  pair.negligible = pair.undecided.empty() && is_near;
  if (pair.images >= 2)
    pair.influence = decisive(compared.extremes, pair.images, pair.difference,
                              correction(pair.difference.p, pair.adjusted_p, pairs), level);
}

}  // namespace

double Pair::bits_per_dim(double nats) const { return nats / (static_cast<double>(dimensions) * std::numbers::ln2); }

bool compares_all_pairs(const std::vector<VariantRow>& rows) {
  size_t runs = 0;
  for (const VariantRow& row : rows) runs += row.runs.size();
  return runs <= experiment::most_runs_for_all_pairs;
}

Decisions decide(const std::vector<VariantRow>& variant_rows, const Score& score, const Margins& margins,
                 const AtLook& at) {
  const RankedRows rows(variant_rows, score.value, at);
  std::vector<Compared> compared;
  for (size_t i = 0; i < (rows.all() ? variant_rows.size() : std::min<size_t>(1, variant_rows.size())); ++i)
    for (size_t j = i + 1; j < variant_rows.size(); ++j) {
      if (variant_rows[i].ranked != variant_rows[j].ranked) continue;
      const VariantValues read = rows.is_kept(j) ? VariantValues() : rows.read(j);
      const VariantValues& values = rows.is_kept(j) ? rows.kept(j) : read;
      if (rows.kept(i).empty() || values.empty()) continue;
      compared.push_back(compare(rows, i, j, values, score));
      Compared& one = compared.back();
      one.pair.obstacle = why_not_comparable(one.pair, rows.row(one.better), rows.row(one.worse));
      one.pair.bias_in_doubt = why_biased(one.pair);
    }
  correct(compared, margins, at.level);
  Decisions decisions{.pairs = {}, .best = best_of(variant_rows, compared, at.level), .noise = rows.noise()};
  const auto open = static_cast<size_t>(std::count_if(
      compared.begin(), compared.end(), [&](const Compared& one) { return !(one.pair.adjusted_p < at.level); }));
  for (Compared& one : compared) {
    decide(one, decisions, compared.size(), open, at.level);
    decisions.pairs.push_back(std::move(one.pair));
  }
  return decisions;
}

}  // namespace elbo::host::report
