#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "base/text.hpp"
#include "report/converting.hpp"
#include "report/identical.hpp"

namespace elbo::report {
namespace {

using Rows = std::vector<VariantRow>;

constexpr double trusted_k = 0.7;         // of Pareto's shape (Vehtari et al. 2024)
constexpr double tolerated_share = 0.01;  // of images above it
constexpr size_t seeds_to_conclude = 5;   // below, a method's interval is wide
constexpr double notable_bias = 0.05;     // nats by which the estimates of two rows may differ in bias

bool all_have(const Rows& rows, const std::string& value) {
  return std::all_of(rows.begin(), rows.end(), [&](const VariantRow& row) { return row.find(value).has_value(); });
}

/// Whether each row has one value of it, the same for all; a row without it has 0.
bool one_value(const Rows& rows, const std::string& value) {
  std::set<double> seen;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs) {
      const auto found = run.summary->values.find(value);
      seen.insert(found == run.summary->values.end() ? 0.0 : found->second);
    }
  return seen.size() <= 1;
}

/// So that the column says what ranks.
void show_bits_of_elbo(Rows& rows) {
  for (VariantRow& row : rows) {
    const auto elbo = row.find("elbo");
    if (!elbo || !row.find("bits_per_dim") || !row.key || row.key->dimensions == 0) continue;
    const double scale = static_cast<double>(row.key->dimensions) * std::numbers::ln2;
    row.values["bits_per_dim"] = {-elbo->mean / scale, elbo->sd / scale};
  }
}

/// The tightest bound that all rows have, estimated in the same way. Says why it is not log p(x).
void choose_value(Ranking& ranking) {
  Rows rows;
  std::copy_if(ranking.rows.begin(), ranking.rows.end(), std::back_inserter(rows), [](const VariantRow& row) { return row.ranked; });
  ranking.value = "elbo";
  const bool any = std::any_of(rows.begin(), rows.end(), [](const VariantRow& row) { return row.find("log_px").has_value(); });
  if (!any) return;
  std::vector<std::string> reasons;
  const bool all = all_have(rows, "log_px");
  if (!all) reasons.push_back("not for each of them");
  if (all && !one_value(rows, "log_px_samples")) reasons.push_back("with different numbers of samples");
  if (all && !one_value(rows, "log_px_images")) reasons.push_back("on different numbers of test data");
  if (reasons.empty()) return void(ranking.value = "log_px");
  ranking.notes.push_back("R8: log p(x) was estimated " + join(reasons, " and ") + ", so it cannot rank; the elbo does");
  show_bits_of_elbo(ranking.rows);
}

void sort_best_first(Ranking& ranking) {
  const auto score = [&](const VariantRow& row) {
    const auto value = row.find(ranking.value);
    return value && !std::isnan(value->mean) ? value->mean : -std::numeric_limits<double>::infinity();
  };
  std::stable_sort(ranking.rows.begin(), ranking.rows.end(),
                   [&](const VariantRow& a, const VariantRow& b) {
                     return std::pair(a.ranked, score(a)) > std::pair(b.ranked, score(b));
                   });
}

/// Images of each run whose bound is -inf, inf or nan, leaving out those that were not estimated.
size_t non_finite(const VariantRow& row, const std::string& value) {
  size_t count = 0;
  for (const RunOutcome& run : row.runs) {
    const auto column = run.per_example.find(value);
    const auto mean = run.summary->values.find(value);
    if (mean != run.summary->values.end() && std::isfinite(mean->second)) continue;
    if (column == run.per_example.end()) continue;
    const auto values = column->second();
    count += static_cast<size_t>(std::count_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }));
  }
  return count;
}

void add_notes(Ranking& ranking) {
  for (std::string& sentence : identical_variants(ranking.rows)) ranking.notes.push_back(std::move(sentence));
  if (!compares_all_pairs(ranking.rows))
    ranking.notes.push_back("there are too many runs to compare each pair: the best is compared with each of the others");
  for (const VariantRow& row : ranking.rows) {
    if (!row.conversion.empty())
      ranking.notes.push_back(fmt::format("{}: {}", row.variant, row.conversion) +
                              (row.converted_to_bound ? " (bound)" : " (exact)"));
    if (const size_t count = non_finite(row, ranking.value); count > 0)
      ranking.notes.push_back(fmt::format("R12: {}: the bound of {} test data is not finite; its rank means nothing", row.variant, count));
    const auto share = row.find("pareto_k_high");
    if (ranking.value == "log_px" && share && share->mean > tolerated_share)
      ranking.notes.push_back(fmt::format(
          "{}: Pareto k-hat is above {} for {:.1f} % of the test data, so log p(x) may be far too low there; raise "
          "evaluate.importance_samples",
          row.variant, trusted_k, 100 * share->mean));
  }
  double bias = 0;
  for (const Pair& pair : ranking.pairs) bias = std::max(bias, pair.bias);
  if (bias > notable_bias)
    ranking.notes.push_back(fmt::format("the estimates of log p(x) differ in their own bias (-CV^2 / 2K) by up to {:.2f} nat; raise "
                                        "evaluate.importance_samples for finer differences",
                                        bias));
  if (ranking.pairs.empty()) return;
  const auto fewest = std::min_element(ranking.rows.begin(), ranking.rows.end(), [](const auto& a, const auto& b) { return a.seeds < b.seeds; });
  if (fewest->seeds < seeds_for_a_method)
    ranking.notes.push_back("R13: fewer than 3 seeds, so all that is said is of these checkpoints, nothing of the methods");
  else if (fewest->seeds < seeds_to_conclude)
    ranking.notes.push_back(fmt::format("exploratory: {} seeds, where 5 or more give a method's interval some use", fewest->seeds));
}

std::vector<Ranking> rankings_of(const Rows& rows, const Margins& margins) {
  std::vector<Ranking> rankings;
  for (const VariantRow& row : rows) {
    auto same = std::find_if(rankings.begin(), rankings.end(),
                             [&](const Ranking& ranking) { return ranking.rows[0].same_measure(row); });
    if (same == rankings.end()) same = rankings.insert(rankings.end(), {.measure = row.measure, .value = {}, .notes = {}, .rows = {}, .pairs = {}});
    same->rows.push_back(row);
  }
  for (Ranking& ranking : rankings) {
    choose_value(ranking);
    sort_best_first(ranking);
    ranking.pairs = pairs_of(ranking.rows, ranking.value, margins);
    add_notes(ranking);
  }
  return rankings;
}

std::vector<Apart> rules_between(const std::vector<Ranking>& rankings) {
  std::vector<Apart> apart;
  for (size_t a = 0; a < rankings.size(); ++a)
    for (size_t b = a + 1; b < rankings.size(); ++b) {
      const auto &key_a = rankings[a].rows[0].key, &key_b = rankings[b].rows[0].key;
      if (!key_a || !key_b) apart.push_back({a, b, {"R1", "the measure differs, or a log does not say it"}});
      else if (auto rule = refusal(*key_a, *key_b)) apart.push_back({a, b, *rule});
    }
  return apart;
}

std::vector<std::string> unfinished(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> lines;
  for (const RunOutcome& run : runs) {
    if (run.summary) continue;
    const std::string what = run.failure.empty() ? "not finished" : "failed: " + run.failure;
    if (run.log.empty()) lines.push_back(fmt::format("{}, seed {}: {}", run.variant, run.seed, what));
    else if (run.failure.starts_with(run.log.string())) lines.push_back(run.failure);  // it is all that is known of the file
    else lines.push_back(fmt::format("{}, seed {}: {} ({})", run.variant, run.seed, what, run.log.string()));
  }
  return lines;
}

}  // namespace

Comparison compare(const std::vector<RunOutcome>& runs, const Margins& margins) {
  Comparison comparison;
  Rows bounds;
  for (VariantRow& row : rows_of(converted(runs)))
    (row.is_bound ? bounds : comparison.autoencoders).push_back(std::move(row));
  comparison.rankings = rankings_of(bounds, margins);
  comparison.apart = rules_between(comparison.rankings);
  comparison.above_exact = bounds_above_exact(runs);
  comparison.below_exact =
      comparison.above_exact.empty() && !bounds.empty() && all_have(bounds, "log_px_minus_exact_se");
  comparison.unfinished = unfinished(runs);
  return comparison;
}

std::vector<std::string> verdicts(const Ranking& ranking) {
  std::vector<std::string> sentences;
  for (const Pair& pair : ranking.pairs)
    if (pair.better == ranking.rows[0].variant) sentences.push_back(sentence(pair));
  if (ranking.pairs.size() > 1)
    sentences.push_back(fmt::format("(paired per test datum; p values corrected by Holm's method over all {} pairs)", ranking.pairs.size()));
  return sentences;
}

std::vector<std::string> bounds_above_exact(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> sentences;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    const auto& values = run.summary->values;
    const auto exact = values.find("exact_log_px"), error = values.find("log_px_minus_exact_se");
    if (exact == values.end() || error == values.end()) continue;
    for (const auto& [value, name] : {std::pair{"elbo", "elbo"}, std::pair{"log_px", "log p(x)"}}) {
      const auto bound = values.find(value);
      if (bound == values.end() || !(bound->second - exact->second > 3 * error->second)) continue;
      sentences.push_back(fmt::format(
          "{}, seed {}: {} {:.3f} nat lies above the exact log p(x) {:.3f} nat by {:.3f}, more than three "
          "standard errors of {:.3f}; no bound can, so an estimate is wrong",
          run.variant, run.seed, name, bound->second, exact->second, bound->second - exact->second,
          error->second));
    }
  }
  return sentences;
}

}  // namespace elbo::report
