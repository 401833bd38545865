#include "report/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

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

/// Keeps the images on which every seed of both has a value. How many only one of them has.
size_t keep_common(SeedRows& a, SeedRows& b) {
  size_t images = a[0].size();
  for (const SeedRows* rows : {&a, &b})
    for (const auto& row : *rows) images = std::min(images, row.size());
  std::vector<size_t> common;
  size_t of_one = 0;
  for (size_t i = 0; i < images; ++i) {
    const auto finite = [i](const auto& row) { return std::isfinite(row[i]); };
    const bool in_a = std::all_of(a.begin(), a.end(), finite), in_b = std::all_of(b.begin(), b.end(), finite);
    if (in_a && in_b) common.push_back(i);
    of_one += in_a != in_b;
  }
  for (SeedRows* rows : {&a, &b})
    for (auto& row : *rows) {
      for (size_t k = 0; k < common.size(); ++k) row[k] = row[common[k]];
      row.resize(common.size());
    }
  return of_one;
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

double bias_of(const VariantRow& row, const std::string& value) {
  const auto bias = value == "log_px" ? row.find("log_px_bias") : std::nullopt;
  return bias ? bias->mean : 0;
}

Pair compare(const VariantRow& a, const VariantRow& b, SeedRows values_a, SeedRows values_b, const std::string& value) {
  Pair pair;
  pair.left_out = keep_common(values_a, values_b);
  pair.better = a.variant;
  pair.worse = b.variant;
  pair.images = values_a[0].size();
  pair.seeds = std::min(values_a.size(), values_b.size());
  pair.bias = std::abs(bias_of(a, value) - bias_of(b, value));
  if (a.key && !a.key->is_density()) pair.dimensions = a.key->levels > 0 ? a.key->dimensions : 0;
  if (pair.images < 2) return pair;
  pair.checkpoints = over_images(differences({mean_over_seeds(values_a)}, {mean_over_seeds(values_b)})[0]);
  const bool paired_seeds = seeds_of(a) == seeds_of(b);  // then they share initial weights of equal parts and data order
  if (paired_seeds) pair.spread = variance_split(differences(values_a, values_b));
  if (pair.seeds >= seeds_for_a_method)
    pair.method = paired_seeds ? over_seeds_and_images(differences(values_a, values_b))
                               : welch_over_seeds_and_images(values_a, values_b);
  return pair;
}

/// The difference that decides: of the method where there are seeds for it, else of the checkpoints.
const Difference& deciding(const Pair& pair) { return pair.method ? *pair.method : pair.checkpoints; }

/// Two numbers that were the same kind of bound before, too, differ as they did then.
bool loses_by_its_conversion(const VariantRow& worse, const VariantRow& better) {
  return worse.converted_to_bound && worse.conversion != better.conversion;
}

std::string why_undecided(const Pair& pair, const VariantRow& better, const VariantRow& worse) {
  if (pair.images < 2 || !std::isfinite(pair.checkpoints.mean)) return "there are no finite bounds of both (R12)";
  if (pair.left_out > 0) return fmt::format("only one of them has a finite bound of {} more test data (R12)", pair.left_out);
  const double size = std::abs(pair.checkpoints.mean);
  if (pair.bias > bias_share * size)
    return fmt::format("the bias of their estimates differs by {:.3f} nat, more than a tenth of the difference of {:.3f} nat; "
                       "raise evaluate.importance_samples",
                       pair.bias, size);
  if (!(pair.adjusted_p < level)) return fmt::format("p = {:.2g} after correction", pair.adjusted_p);
  if (loses_by_its_conversion(worse, better)) return fmt::format("the number of {} is a bound after conversion: its true one may be higher", worse.variant);
  return "";
}

std::string interval_text(const Pair& pair, const Difference& d, const std::string& whose) {
  const bool bits = pair.dimensions > 0;
  const auto shown = [&](double nats) { return bits ? fmt::format("{:.4f}", pair.bits_per_dim(nats)) : fmt::format("{:.3f}", nats); };
  return fmt::format("95 % {} to {}, {}", shown(d.interval.low), shown(d.interval.high), whose);
}

std::string size_text(const Pair& pair) {
  const double nats = pair.checkpoints.mean;
  if (pair.dimensions == 0) return fmt::format("{:.3f} nat", nats);
  return fmt::format("{:.4f} bits/dim = {:.3f} nat", pair.bits_per_dim(nats), nats);
}

}  // namespace

double Pair::bits_per_dim(double nats) const { return nats / (static_cast<double>(dimensions) * std::numbers::ln2); }

bool compares_all_pairs(const std::vector<VariantRow>& rows) {
  size_t runs = 0;
  for (const VariantRow& row : rows) runs += row.runs.size();
  return runs <= most_runs_for_all_pairs;
}

std::vector<Pair> pairs_of(const std::vector<VariantRow>& rows, const std::string& value, const Margins& margins) {
  std::vector<Pair> pairs;
  std::vector<const VariantRow*> better, worse;
  const bool all = compares_all_pairs(rows);
  std::vector<SeedRows> kept(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    if (all || i == 0) kept[i] = values_of(rows[i], value);
  for (size_t i = 0; i < (all ? rows.size() : 1); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j) {
      if (rows[i].ranked != rows[j].ranked) continue;
      SeedRows a = kept[i], b = all ? kept[j] : values_of(rows[j], value);
      if (a.empty() || b.empty()) continue;
      pairs.push_back(compare(rows[i], rows[j], std::move(a), std::move(b), value));
      better.push_back(&rows[i]);
      worse.push_back(&rows[j]);
    }
  std::vector<double> p, same;
  for (Pair& pair : pairs) {
    pair.margin = pair.dimensions > 0 ? margins.bits_per_dim / pair.bits_per_dim(1) : margins.nats;
    p.push_back(deciding(pair).p);
    same.push_back(equivalence_p(deciding(pair), pair.margin - pair.bias));  // the bias may hide as much of a difference
  }
  const auto adjusted = holm(p), adjusted_same = holm(same);
  for (size_t i = 0; i < pairs.size(); ++i) {
    Pair& pair = pairs[i];
    pair.adjusted_p = adjusted[i];
    pair.undecided = why_undecided(pair, *better[i], *worse[i]);
    pair.equivalence_p = adjusted_same[i];
    const bool is_known = pair.left_out == 0 && !loses_by_its_conversion(*worse[i], *better[i]);
    pair.equivalent = !pair.undecided.empty() && is_known && adjusted_same[i] < level;
  }
  return pairs;
}

std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value) {
  SeedRows of_a = values_of(a, value), of_b = values_of(b, value);
  if (of_a.empty() || of_b.empty()) return {};
  keep_common(of_a, of_b);
  return differences({mean_over_seeds(of_a)}, {mean_over_seeds(of_b)})[0];
}

namespace {

std::string p_text(double p) { return p < 1e-15 ? "< 1e-15" : fmt::format("{:.2g}", p); }

/// "p = 0.0012, corrected 0.0036"
std::string p_values(const Pair& pair) {
  const double raw = deciding(pair).p;
  return fmt::format("p {}{}, corrected {}", raw < 1e-15 ? "" : "= ", p_text(raw), p_text(pair.adjusted_p));
}

std::string margin_text(const Pair& pair) {
  if (pair.dimensions == 0) return fmt::format("{:.3g} nat", pair.margin);
  return fmt::format("{:.3g} bits/dim", pair.bits_per_dim(pair.margin));
}

}  // namespace

std::string sentence(const Pair& pair) {
  if (pair.images < 2) return fmt::format("{} and {} are undecided: {}", pair.better, pair.worse, pair.undecided);
  std::string intervals = interval_text(pair, pair.checkpoints, "these checkpoints");
  if (pair.method)
    intervals += "; " + interval_text(pair, *pair.method, fmt::format("this method, {} seeds", pair.seeds));
  if (pair.undecided.empty())
    return fmt::format("{} beats {} by {} ({}), {}", pair.better, pair.worse, size_text(pair), intervals, p_values(pair));
  if (pair.equivalent)
    return fmt::format("{} and {} are equivalent within {}: they differ by {} ({}), and p of a larger difference is {} after correction",
                       pair.better, pair.worse, margin_text(pair), size_text(pair), intervals, p_text(pair.equivalence_p));
  return fmt::format("{} and {} are undecided: they differ by {} ({}), and {}", pair.better, pair.worse, size_text(pair),
                     intervals, pair.undecided);
}

}  // namespace elbo::report
