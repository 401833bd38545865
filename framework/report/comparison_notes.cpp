#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "metrics/metrics.hpp"
#include "report/measured_notes.hpp"
#include "report/remarks.hpp"
#include "report/results/differences.hpp"
#include "report/results/variant_row.hpp"
#include "report/results/verification.hpp"

namespace elbo::host::report {
namespace {

using Notes = std::vector<std::string>;

constexpr size_t data_to_conclude = 50;  // below, t quantiles rest on differences that are near normal
constexpr double notable_bias = 0.05;    // nats by which the estimates of two rows may differ in bias

/// Images of each run whose bound is -inf, inf or nan, leaving out those that were not estimated.
size_t non_finite(const VariantRow& row, const std::string& value) {
  size_t count = 0;
  for (const RunOutcome& run : row.runs) {
    const auto column = run.per_example.find(value);
    const auto mean = run.value(value);
    if ((mean && std::isfinite(*mean)) || column == run.per_example.end()) continue;
    const auto values = column->second();
    count +=
        static_cast<size_t>(std::count_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }));
  }
  return count;
}

void add_rows(const Ranking& ranking, Notes& notes) {
  for (const VariantRow& row : ranking.rows) {
    if (!row.conversion.empty())
      notes.push_back(fmt::format("{}: {}", row.variant, row.conversion) +
                      (row.converted_to_bound ? " (bound)" : " (exact)"));
    if (const size_t count = non_finite(row, ranking.value); count > 0)
      notes.push_back(
          fmt::format("R12: {}: the bound of {} test data is not finite; its rank means nothing", row.variant, count));
  }
}

/// A seed that is missing may be the one that went wrong.
void add_absent_seeds(const Ranking& ranking, Notes& notes) {
  for (const VariantRow& row : ranking.rows) {
    if (row.absent.empty()) continue;
    std::vector<std::string> each;
    for (const AbsentSeed& seed : row.absent) each.push_back(fmt::format("seed {}: {}", seed.seed, seed.why));
    notes.push_back(
        fmt::format("{}: {} of {} seeds are in its numbers ({}); a seed that is missing may be one that went wrong, so "
                    "what is said of it "
                    "holds for the others only",
                    row.variant, row.seeds, row.planned_seeds(), join(each, "; ")));
  }
}

bool has_equal_numbers(const RunOutcome& a, const RunOutcome& b) {
  const auto elbo = a.value(metrics::elbo);
  return elbo && std::isfinite(*elbo) && elbo == b.value(metrics::elbo) &&
         a.value(metrics::reconstruction) == b.value(metrics::reconstruction) &&
         a.value(metrics::log_px) == b.value(metrics::log_px);
}

/// Two seeds of a variant that do not differ: they look like a method that does not depend on its seed.
std::optional<std::pair<int64_t, int64_t>> equal_seeds(const VariantRow& row) {
  for (size_t i = 0; i < row.runs.size(); ++i)
    for (size_t j = i + 1; j < row.runs.size(); ++j)
      if (has_equal_numbers(row.runs[i], row.runs[j])) return std::pair(row.runs[i].seed, row.runs[j].seed);
  return {};
}

void add_equal_seeds(const Ranking& ranking, Notes& notes) {
  for (const VariantRow& row : ranking.rows)
    if (const auto equal = equal_seeds(row))
      notes.push_back(
          fmt::format("{}: seeds {} and {} have the same numbers in every digit: one is a copy, or the seed has no "
                      "effect; they say no more than one of them",
                      row.variant, equal->first, equal->second));
}

void add_bounds_in_doubt(const Ranking& ranking, Notes& notes) {
  for (const VariantRow& row : ranking.rows)
    for (const RunOutcome& run : row.runs)
      if (const auto sentence = bound_in_doubt(run))
        notes.push_back(
            fmt::format("{}, seed {}: {}; that is less than three standard errors and may be chance (1 in 20 right "
                        "models): evaluate it with more test data before its rank is believed",
                        row.variant, run.seed, *sentence));
}

/// Of the values of a row's seeds the one farthest from the mean of the others, how far, and the range of those.
struct Farthest {
  int64_t seed = 0;
  double distance = 0, rest = 0;
};

std::optional<Farthest> farthest_seed(const VariantRow& row, const std::string& value) {
  Farthest found;
  std::vector<std::pair<double, int64_t>> all;
  for (const RunOutcome& run : row.runs)
    if (const auto v = run.value(value); v && std::isfinite(*v)) all.emplace_back(*v, run.seed);
  if (all.size() < seeds_for_a_method) return {};
  std::sort(all.begin(), all.end());
  const auto look = [&](size_t place, size_t begin) {  // the others are all but the first, or all but the last
    const size_t end = begin + all.size() - 1;
    double mean = 0;
    for (size_t i = begin; i < end; ++i) mean += all[i].first / static_cast<double>(all.size() - 1);
    const double distance = std::abs(all[place].first - mean);
    if (distance > found.distance) found = {all[place].second, distance, all[end - 1].first - all[begin].first};
  };
  look(0, 1);
  look(all.size() - 1, 0);
  return found;
}

/// Where few variants share the noise of their seeds, one that is ten times as far off as any of all others are apart.
void add_far_seeds(const Ranking& ranking, Notes& notes) {
  if (ranking.noise) return;  // which has a test of its own
  double widest = 0;
  for (const VariantRow& row : ranking.rows)
    if (const auto far = farthest_seed(row, ranking.value)) widest = std::max(widest, far->rest);
  for (const VariantRow& row : ranking.rows)
    if (const auto far = farthest_seed(row, ranking.value); far && far->distance > 10 * widest && far->distance > 1)
      notes.push_back(fmt::format(
          "{}, seed {}: {:.4g} nat from the mean of its other seeds, which differ by {:.2g} nat at most; it is "
          "counted, but look at its curves",
          row.variant, far->seed, far->distance, far->rest));
}

/// Why the numbers are no more than bounds, variants with the same reason together.
void add_trust(const Ranking& ranking, Notes& notes) {
  if (ranking.value == metrics::elbo.name) {
    const bool any = std::any_of(ranking.rows.begin(), ranking.rows.end(),
                                 [](const VariantRow& row) { return row.find(metrics::log_px).has_value(); });
    notes.push_back(fmt::format(
        "the elbo is a lower bound on log p(x) and may lie far below it: the order of log p(x) itself may "
        "be another; {}",
        any ? "evaluate all variants with the same evidence, importance_samples and images to rank by log p(x)"
            : "elbo evaluate RUN... --metrics evidence estimates it, without training"));
    return;
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const VariantRow& row : ranking.rows) {
    std::string why = why_only_a_bound(row);
    if (why.empty()) continue;
    why += ", so nothing says how far this lower bound lies below log p(x); ";
    why += is_of_ladder(row)
               ? "/per_example/rung says of which test data"
               : "elbo evaluate RUN... --metrics evidence measures more by a ladder of estimators, without "
                 "training, and comparisons use that";
    const auto same =
        std::find_if(reasons.begin(), reasons.end(), [&](const auto& reason) { return reason.first == why; });
    if (same == reasons.end()) reasons.push_back({why, {row.variant}});
    else same->second.push_back(row.variant);
  }
  for (const auto& [why, variants] : reasons)
    notes.push_back(fmt::format(
        "{}: {}", variants.size() == ranking.rows.size() && variants.size() > 1 ? "each variant" : join(variants),
        why));
  if (std::string sentence = certificate(ranking.rows); !sentence.empty()) notes.push_back(std::move(sentence));
  if (!reasons.empty() && !ranking.pairs.empty())
    notes.push_back(
        "this ranks lower bounds, and what is said of a pair (higher, equivalent) is said of its bounds: of log p(x) "
        "itself "
        "nothing follows, since the bias of these estimates is not known");
}

void add_bias(const Ranking& ranking, Notes& notes) {
  double bias = 0;
  for (const Pair& pair : ranking.pairs) bias = std::max(bias, pair.bias);
  if (bias > notable_bias)
    notes.push_back(fmt::format(
        "the estimates of log p(x) differ in their own bias (-CV^2 / 2K) by up to {:.2f} nat; "
        "for finer differences measure log p(x) by elbo evaluate RUN... --metrics evidence, without training",
        bias));
}

void add_seeds(const Ranking& ranking, Notes& notes) {
  if (ranking.pairs.empty()) return;
  size_t fewest = ranking.rows[0].seeds;
  for (const VariantRow& row : ranking.rows) fewest = std::min(fewest, row.seeds);
  if (fewest < seeds_for_a_method)
    notes.push_back(
        "R13: fewer than 3 seeds: what is said of checkpoints holds for these trained models only, not for the "
        "methods");
}

/// Seeds of their own, where the same seeds would have taken the noise of equal initial weights and order of the data out.
void add_unpaired(const Ranking& ranking, Notes& notes) {
  const auto is_unpaired = [](const Pair& pair) { return pair.basis == SeedBasis::unpaired_seeds; };
  const auto first = std::find_if(ranking.pairs.begin(), ranking.pairs.end(), is_unpaired);
  if (first == ranking.pairs.end()) return;
  const auto others = std::count_if(first + 1, ranking.pairs.end(), is_unpaired);
  notes.push_back(fmt::format(
      "{} and {}{} do not have the same seeds, so that the error of their difference has the noise of both; train "
      "them with the same seeds to be surer",
      first->better, first->worse, others ? fmt::format(", and {} other pairs,", others) : ""));
}

void add_few_data(const Ranking& ranking, Notes& notes) {
  if (ranking.pairs.empty()) return;
  size_t fewest = ranking.pairs[0].images;
  for (const Pair& pair : ranking.pairs) fewest = std::min(fewest, pair.images);
  if (fewest < data_to_conclude)
    notes.push_back(
        fmt::format("only {} test data: with fewer than about {}, p values and intervals hold only if the differences "
                    "are close to normal; use more test data",
                    fewest, data_to_conclude));
}

/// The means of the bound that is ranked by and of what is reached without latents, over the same test data; nothing unless the
/// bound lies below by more than the error of their difference.
std::optional<std::pair<double, double>> below_baseline(const RunOutcome& run, const std::string& ranked_by) {
  PerDatum columns(run);
  const OfEachDatum *bound = columns.find(ranked_by), *baseline = columns.find(metrics::without_latents);
  if (!bound || !baseline) return {};
  const size_t data = ranked_by == metrics::log_px.name ? columns.estimated() : SIZE_MAX;
  const OfEachDatum reached = first_of(*bound, data), without = first_of(*baseline, data);
  if (!(over_images(difference_of(reached, without)).interval.high < 0)) return {};
  return std::pair(mean(reached), mean(without));
}

void add_without_latents(const Ranking& ranking, Notes& notes) {
  const std::string word =
      ranking.value == metrics::log_px.name ? name_of_log_px(ranking.rows) : metrics::elbo.heading();
  for (const VariantRow& row : ranking.rows) {
    std::vector<std::string> each;
    for (const RunOutcome& run : row.runs)
      if (const auto found = below_baseline(run, ranking.value))
        each.push_back(fmt::format("{}{} {:.2f} nat against {:.2f} nat",
                                   row.seeds > 1 ? fmt::format("seed {}: ", run.seed) : "", word, found->first,
                                   found->second));
    if (each.empty()) continue;
    notes.push_back(fmt::format(
        "{}{} lies below its own likelihood without latents ({}): its latents have shown no gain; train it longer, "
        "lower the "
        "learning rate, or look at its curves",
        row.variant, &row == &ranking.rows[0] && ranking.rows.size() > 1 ? ", the first of this table," : "",
        join(each, "; ")));
  }
}

void add_influence(const Ranking& ranking, Notes& notes) {
  for (const Pair& pair : ranking.pairs) {
    if (!pair.has(ranking.rows[0].variant) || !pair.influence) continue;
    const Influence& one = *pair.influence;
    std::string text = fmt::format(
        "one test data point, row {} of /per_example, carries the difference of {} and {}: {} nat, {:.0f} % of the sum "
        "of "
        "squares; without it ",
        one.row, pair.better, pair.worse, fmt::format("{:.4g}", one.nats), 100 * one.share);
    text += fmt::format("they differ by {}", size_text(pair, one.without.mean));
    if (one.undoes_it) text += ", and the difference is not decided";
    notes.push_back(text + "; look at this data point before the difference is believed");
  }
}

/// The elbo is the same in expectation however many samples of z it is a mean of, but not as noisy.
void add_samples_of_elbo(const Ranking& ranking, Notes& notes) {
  if (ranking.value != metrics::elbo.name) return;
  std::vector<std::string> each;
  std::set<int64_t> samples;
  for (const VariantRow& row : ranking.rows) {
    if (!row.key || row.key->estimator.name != metrics::elbo.name || !samples.insert(row.key->estimator.samples).second)
      continue;
    each.push_back(fmt::format("{} of {}", row.key->estimator.samples, row.variant));
  }
  if (samples.size() > 1)
    notes.push_back(fmt::format(
        "the elbo is a mean over different numbers of samples of z for each test data point ({}): the same in "
        "expectation, but with other noise",
        join(each)));
}

}  // namespace

std::vector<std::string> notes_on(const Ranking& ranking) {
  Notes notes;
  if (!compares_all_pairs(ranking.rows))
    notes.push_back("there are too many runs to compare each pair: the best is compared with each of the others");
  for (std::string& sentence : identical_variants(ranking.rows)) notes.push_back(std::move(sentence));
  add_rows(ranking, notes);
  add_absent_seeds(ranking, notes);
  add_equal_seeds(ranking, notes);
  add_bounds_in_doubt(ranking, notes);
  add_far_seeds(ranking, notes);
  add_trust(ranking, notes);
  add_bias(ranking, notes);
  for (std::string& sentence : collapse_notes(ranking.rows)) notes.push_back(std::move(sentence));
  add_without_latents(ranking, notes);
  for (std::string& sentence : column_notes(ranking)) notes.push_back(std::move(sentence));
  for (std::string& sentence : hidden_value_notes(ranking)) notes.push_back(std::move(sentence));
  for (std::string& sentence : decision_notes(ranking)) notes.push_back(std::move(sentence));
  for (std::string& sentence : sweep_notes(ranking.all_rows())) notes.push_back(std::move(sentence));
  add_influence(ranking, notes);
  add_few_data(ranking, notes);
  add_samples_of_elbo(ranking, notes);
  add_seeds(ranking, notes);
  add_unpaired(ranking, notes);
  if (std::string why = why_times_differ(ranking.rows); !why.empty()) notes.push_back(std::move(why));
  return notes;
}

}  // namespace elbo::host::report
