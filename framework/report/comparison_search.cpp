// Searches: of the trials that were trained, validation data choose one, which alone is ranked; what is said of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::report {
namespace {

constexpr size_t most_searches_told = 3;

std::string settings_of_trial(const VariantRow& row) {
  return varied_settings(json_or_discarded(row.runs.front().summary->plan_json));
}

double score_of(const VariantRow& row) {
  const auto score = row.find(metrics::valid_elbo);
  return score && std::isfinite(score->mean) ? score->mean : -std::numeric_limits<double>::infinity();
}

std::string seeds_text(const VariantRow& row) { return counted(row.seeds, "seed"); }

/// How far the number can be too high because the trial was the best of many.
std::string luck_text(const Selection& s) {
  if (s.fresh)
    return fmt::format("Over {} that took no part in the choice it is {:.2f} nat.", counted(s.fresh_seeds, "seed"),
                       s.fresh->mean);
  if (s.of_setting)
    return fmt::format("As it is the best of {} trials, expect {:.2f} nat less of these settings with other seeds.",
                       s.points, *s.of_setting);
  return fmt::format("It is the best of {} trials, and one seed does not tell how much of that is luck.", s.points);
}

}  // namespace

std::vector<VariantRow> Ranking::all_rows() const {
  std::vector<VariantRow> all = rows;
  all.insert(all.end(), trials.begin(), trials.end());
  return all;
}

void set_trials_apart(Ranking& ranking) {
  std::vector<Selection> searches = selections(ranking.rows, metrics::elbo.name);
  std::erase_if(searches, [](const Selection& s) { return !s.is_search; });
  if (searches.empty()) return;
  const auto is_left = [&](const VariantRow& row) {
    const SweepOf& sweep = row.runs.front().sweep;
    return sweep.is_search() && row.ranked && std::any_of(searches.begin(), searches.end(), [&](const Selection& s) {
             return s.sweep == sweep.name && s.chosen != row.variant;
           });
  };
  std::copy_if(ranking.rows.begin(), ranking.rows.end(), std::back_inserter(ranking.trials), is_left);
  std::erase_if(ranking.rows, is_left);
  std::stable_sort(ranking.trials.begin(), ranking.trials.end(),
                   [](const VariantRow& a, const VariantRow& b) { return score_of(a) > score_of(b); });
}

std::optional<Answer> answer_of_search(const Ranking& ranking) {
  if (ranking.rows.size() != 1 || ranking.selections.size() != 1 || !ranking.selections.front().is_search) return {};
  const Selection& s = ranking.selections.front();
  const VariantRow& row = ranking.rows.front();
  const std::string name = ranking.value == metrics::elbo.name ? metrics::elbo.heading()
                           : ranking.of_bounds                 ? "lower bound on log p(x)"
                                                               : "log p(x)";
  const auto bits = row.find(metrics::bits_per_dim);
  const size_t compared = 1 + ranking.trials.size();
  const std::string so_far =
      compared < s.points ? fmt::format(" ({} compared so far; the others have not ended, or failed)", compared) : "";
  Answer answer;
  answer.lead = fmt::format("Of {} trials{}, validation data choose {} ({}): its {} on the test data is {:.2f} nat{}.",
                            s.points, so_far, row.variant, settings_of_trial(row), name, s.reported,
                            bits ? fmt::format(" ({:.2f} bits/dim)", bits->mean) : "");
  answer.rest = luck_text(s);
  answer.claim = fmt::format("chosen by validation data: {} of {} trials, elbo {:.2f} nat on them, {}", row.variant,
                             s.points, s.score, seeds_text(row));
  return answer;
}

std::string chosen_of_searches(const Ranking& ranking) {
  std::vector<std::string> chosen;
  size_t fewest = SIZE_MAX, most = 0;
  for (const Selection& s : ranking.selections) {
    if (!s.is_search) continue;
    const auto row = std::find_if(ranking.rows.begin(), ranking.rows.end(),
                                  [&](const VariantRow& one) { return one.variant == s.chosen; });
    if (row == ranking.rows.end()) continue;
    chosen.push_back(fmt::format("{} ({})", s.chosen, settings_of_trial(*row)));
    fewest = std::min(fewest, s.points), most = std::max(most, s.points);
  }
  if (chosen.empty()) return "";
  const std::string trials = fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most);
  if (chosen.size() > most_searches_told)
    return fmt::format("Each of these is what validation data chose of {} trials.", trials);
  return fmt::format("Validation data chose {} of {} trials{}.", join(chosen, ", "), trials,
                     chosen.size() > 1 ? " each" : "");
}

}  // namespace elbo::host::report
