#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include "base/text.hpp"
#include "metrics/metrics.hpp"
#include "report/comparability.hpp"
#include "report/remarks.hpp"
#include "report/results/differences.hpp"
#include "report/results/verification.hpp"
#include "report/search_rungs.hpp"

namespace elbo::host::report {
namespace {

using Rows = std::vector<VariantRow>;

bool all_have(const Rows& rows, const std::string& value) {
  return std::all_of(rows.begin(), rows.end(), [&](const VariantRow& row) { return row.find(value).has_value(); });
}

bool all_finite(const Rows& rows, const std::string& value) {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const VariantRow& row) { return row.find(value) && std::isfinite(row.find(value)->mean); });
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

/// By which estimators log p(x) was estimated: "iwae", "ladder(1)".
std::vector<std::string> estimators_of(const Rows& rows) {
  std::set<std::string> names;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs)
      if (run.key) names.insert(run.key->estimator.name);
  return {names.begin(), names.end()};
}

/// So that the column says what ranks.
void show_bits_of_elbo(Rows& rows) {
  for (VariantRow& row : rows) {
    const auto elbo = row.find(metrics::elbo);
    if (!elbo || !row.find(metrics::bits_per_dim) || !row.key || row.key->dimensions == 0) continue;
    const double scale = static_cast<double>(row.key->dimensions) * std::numbers::ln2;
    row.values[metrics::bits_per_dim] = {-elbo->mean / scale, elbo->sd / scale};
  }
}

/// The tightest bound that all rows have, estimated in the same way. Says why it is not log p(x).
void choose_value(Ranking& ranking) {
  Rows rows;
  std::copy_if(ranking.rows.begin(), ranking.rows.end(), std::back_inserter(rows),
               [](const VariantRow& row) { return row.ranked; });
  ranking.value = metrics::elbo;
  const bool any = std::any_of(rows.begin(), rows.end(),
                               [](const VariantRow& row) { return row.find(metrics::log_px).has_value(); });
  if (!any) return;
  std::vector<std::string> reasons;
  const bool all = all_have(rows, metrics::log_px);
  if (!all) reasons.push_back("not for each of them");
  const auto estimators = estimators_of(rows);
  if (all && estimators.size() > 1) reasons.push_back("by different estimators (" + join(estimators) + ")");
  else if (all && !one_value(rows, metrics::log_px_samples)) reasons.push_back("with different numbers of samples");
  if (all && !one_value(rows, metrics::log_px_images)) reasons.push_back("on different numbers of test data");
  if (reasons.empty()) {
    ranking.value = metrics::log_px;
    ranking.of_bounds =
        std::any_of(rows.begin(), rows.end(), [](const VariantRow& row) { return !why_only_a_bound(row).empty(); });
    return;
  }
  ranking.notes.push_back("R8: log p(x) was estimated " + join(reasons, " and ") +
                          ", so it cannot rank; the elbo does");
  show_bits_of_elbo(ranking.rows);
}

void sort_best_first(Ranking& ranking) {
  const auto score = [&](const VariantRow& row) {
    const auto value = row.find(ranking.value);
    return value && !std::isnan(value->mean) ? value->mean : -std::numeric_limits<double>::infinity();
  };
  std::stable_sort(ranking.rows.begin(), ranking.rows.end(), [&](const VariantRow& a, const VariantRow& b) {
    return std::pair(a.ranked, score(a)) > std::pair(b.ranked, score(b));
  });
}

std::vector<Ranking> rankings_of(const Rows& rows, const Margins& margins, const AtLook& at) {
  std::vector<Ranking> rankings;
  for (const VariantRow& row : rows) {
    auto same = std::find_if(rankings.begin(), rankings.end(),
                             [&](const Ranking& ranking) { return ranking.rows[0].same_measure(row); });
    if (same == rankings.end()) same = rankings.insert(rankings.end(), {.measure = row.measure});
    same->rows.push_back(row);
  }
  for (Ranking& ranking : rankings) {
    set_trials_apart(ranking);
    choose_value(ranking);
    sort_best_first(ranking);
    Decisions decisions = decide(ranking.rows, {ranking.value, ranking.of_bounds}, margins, at);
    ranking.pairs = std::move(decisions.pairs);
    ranking.best = std::move(decisions.best);
    ranking.noise = std::move(decisions.noise);
  }
  return rankings;
}

void add_notes(Ranking& ranking) {
  ranking.selections = selections(ranking.all_rows(), ranking.value);
  const auto notes = notes_on(ranking);
  ranking.notes.insert(ranking.notes.end(), notes.begin(), notes.end());
  for (const Selection& s : ranking.selections) ranking.notes.push_back(sentence(s, ranking.value, ranking.of_bounds));
}

/// That all variants with results were given seeds by; where only some were, a note says so.
std::optional<experiment::SeedRule> rule_of(const std::vector<RunOutcome>& runs, std::vector<std::string>& notes) {
  std::map<std::string, std::optional<experiment::SeedRule>> rules;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    auto& rule = rules[run.variant];
    if (run.seed_rule) rule = run.seed_rule;
  }
  const auto differs = [&](const auto& one) { return one.second != rules.begin()->second; };
  if (rules.empty()) return {};
  if (std::none_of(rules.begin(), rules.end(), differs)) return rules.begin()->second;
  notes.push_back(
      "variants that were given seeds until something was decided are compared with others, or by another rule: p "
      "values "
      "and intervals do not count the looks, so more claims are false than their level says; compare the runs of one "
      "experiment");
  return {};
}

std::vector<Apart> rules_between(const std::vector<Ranking>& rankings) {
  std::vector<Apart> apart;
  for (size_t a = 0; a < rankings.size(); ++a)
    for (size_t b = a + 1; b < rankings.size(); ++b) {
      const auto &key_a = rankings[a].rows[0].key, &key_b = rankings[b].rows[0].key;
      if (auto rule = refusal(*key_a, *key_b)) apart.push_back({a, b, *rule});
    }
  return apart;
}

std::optional<Refusal> why_refused(const RunOutcome& run, const std::vector<RunOutcome>& all) {
  auto why = why_not_ranked(run);
  return why ? why : diverged(run, all);
}

/// Where a bound of one seed is invalid, those of the other seeds are so by the same plugins, though it may not show.
std::vector<NotRanked> not_ranked(const std::vector<RunOutcome>& runs) {
  std::vector<NotRanked> refused;
  std::map<std::string, int64_t> invalid;  // variant -> seed
  const auto add = [&](const RunOutcome& run, Refusal why) {
    refused.push_back({run.variant, run.seed, run.log, std::move(why), run.sweep.is_search()});
  };
  const auto of_others = of_other_data(runs);
  std::vector<const RunOutcome*> others;
  for (size_t r = 0; r < runs.size(); ++r) {
    const RunOutcome& run = runs[r];
    if (!run.summary) continue;
    auto why = why_refused(run, runs);
    if (const auto found = of_others.find(r); !why && found != of_others.end()) why = found->second;
    if (!why) {
      others.push_back(&run);
      continue;
    }
    if (why->code == invalid_bound_rule) invalid.emplace(run.variant, run.seed);
    add(run, *std::move(why));
  }
  for (const RunOutcome* run : others)
    if (const auto found = invalid.find(run->variant); found != invalid.end())
      add(*run, {invalid_bound_rule,
                 fmt::format("the bound of seed {} of this variant is invalid, and this one has the same plugins",
                             found->second)});
  return refused;
}

std::vector<RunOutcome> without(const std::vector<RunOutcome>& runs, const std::vector<NotRanked>& refused) {
  std::vector<RunOutcome> kept;
  for (const RunOutcome& run : runs)
    if (std::none_of(refused.begin(), refused.end(), [&](const NotRanked& one) {
          return one.variant == run.variant && one.seed == run.seed && one.log == run.log;
        }))
      kept.push_back(run);
  return kept;
}

std::string why_without_result(const RunOutcome& run) {
  if (!run.left_out.empty()) return run.left_out;
  return run.failure.empty() ? "not finished" : "failed: " + run.failure;
}

/// What was planned or trained of the row's variant and is not in its numbers.
void add_absent(VariantRow& row, const std::vector<RunOutcome>& runs, const std::vector<NotRanked>& refused) {
  for (const NotRanked& one : refused)
    if (one.variant == row.variant) row.absent.push_back({one.seed, "not ranked: " + one.why.words});
  for (const RunOutcome& run : runs)
    if (run.variant == row.variant && !run.summary) row.absent.push_back({run.seed, why_without_result(run)});
}

std::vector<std::string> unfinished(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> lines;
  for (const RunOutcome& run : runs) {
    if (run.summary || !run.left_out.empty()) continue;  // the notes on its variant say what was left out
    const std::string what = why_without_result(run);
    if (run.log.empty()) lines.push_back(fmt::format("{}, seed {}: {}", run.variant, run.seed, what));
    else if (run.failure.starts_with(run.log.string()))
      lines.push_back(run.failure);  // it is all that is known of the file
    else lines.push_back(fmt::format("{}, seed {}: {} ({})", run.variant, run.seed, what, run.log.string()));
  }
  return lines;
}

}  // namespace

const Pair* Ranking::pair_of(const std::string& a, const std::string& b) const {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [&](const Pair& one) { return one.has(a) && one.has(b); });
  return found == pairs.end() ? nullptr : &*found;
}

bool Comparison::has_faults() const {
  return std::any_of(not_ranked.begin(), not_ranked.end(),
                     [](const NotRanked& one) { return !(one.is_of_search && one.why.code == diverged_rule); });
}

std::string NotRanked::sentence() const {
  return fmt::format("{}, seed {}: {}: {}{}", variant, seed, why.code, why.words,
                     log.empty() ? "" : " (" + log.string() + ")");
}

Comparison compare_at(const std::vector<RunOutcome>& runs, const Margins& margins, const AtLook& at) {
  Comparison comparison;
  comparison.not_ranked = not_ranked(runs);
  Rows bounds, all = rows_of(converted(without(runs, comparison.not_ranked)));
  count_points(runs, all);
  for (VariantRow& row : all) {
    add_absent(row, runs, comparison.not_ranked);
    if (!why_only_a_bound(row).empty())
      row.values.erase(metrics::log_px_bias);  // its formula holds only where the weights can be trusted
    (row.is_bound ? bounds : comparison.autoencoders).push_back(std::move(row));
  }
  comparison.rankings = rankings_of(bounds, margins, at);
  comparison.apart = rules_between(comparison.rankings);
  comparison.below_exact =
      comparison.not_ranked.empty() && !bounds.empty() && all_finite(bounds, metrics::log_px_minus_exact_se);
  comparison.unfinished = unfinished(runs);
  comparison.plugins = plugin_remarks(runs);
  comparison.notes = identical_variants(comparison.autoencoders);
  return comparison;
}

Comparison compare(const std::vector<RunOutcome>& all, const Margins& margins) {
  const std::vector<RunOutcome> runs = at_highest_rungs(all);
  Comparison comparison = compare_at(runs, margins, {});
  if (const auto rule = rule_of(runs, comparison.notes)) take_looks(comparison, runs, *rule, margins);
  for (Ranking& ranking : comparison.rankings) add_notes(ranking);
  return comparison;
}

std::vector<std::string> verdicts(const Ranking& ranking) {
  std::vector<std::string> sentences;
  for (const Pair& pair : ranking.pairs)
    if (pair.has(ranking.rows[0].variant)) sentences.push_back(sentence(pair));
  if (ranking.pairs.size() > 1)
    sentences.push_back(
        fmt::format("(paired per test data point; p values corrected by Holm's method over all {} pairs, intervals by "
                    "Bonferroni's; {})",
                    ranking.pairs.size(), procedure(ranking)));
  return sentences;
}

}  // namespace elbo::host::report
