#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/statistics/pairing.hpp"

namespace elbo::host::report {
namespace {

constexpr size_t most_names = 4;   // of variants in one line
constexpr size_t few_groups = 20;  // of test data, for quantiles of t to hold

/// The first few, and how many more; names may hold commas.
std::string listed(const std::vector<std::string>& names) {
  if (names.size() <= most_names) return join(names, "; ");
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + most_names - 1}, "; "),
                     names.size() - most_names + 1);
}

std::string possible_text(const Ranking& ranking, const std::string& first, const std::vector<std::string>& others) {
  std::vector<std::string> names;
  for (const std::string& other : others) {
    const Pair* pair = ranking.pair_of(first, other);
    names.push_back(other + (pair && !pair->identical.empty() ? " (identical)"
                             : pair && pair->equivalent       ? " (equivalent)"
                                                              : ""));
  }
  return listed(names);
}

/// What a claim about the best is of: methods, or these trained models.
std::string heading(const Ranking& ranking, bool of_methods) {
  if (ranking.of_bounds) return of_methods ? "highest bound" : "highest bound of these checkpoints";
  return of_methods ? "best" : "best checkpoint";
}

/// As the heading: of methods or of checkpoints, of log p(x) or of lower bounds.
std::string no_difference(const Ranking& ranking, bool of_methods) {
  const std::string of = ranking.of_bounds ? " between the lower bounds" : "", checkpoints = "these checkpoints";
  return "no difference that matters" + of + (of_methods ? "" : (of.empty() ? " between " : " of ") + checkpoints);
}

std::string seeds_text(const std::vector<int64_t>& seeds) {
  std::vector<std::string> numbers;
  for (const int64_t seed : seeds) numbers.push_back(std::to_string(seed));
  return (seeds.size() == 1 ? "seed " : "seeds ") + join(numbers);
}

std::vector<std::string> names_at(const Ranking& ranking, const SharedNoise& shared, const std::vector<bool>& chosen) {
  std::vector<std::string> names;
  for (size_t v = 0; v < chosen.size(); ++v)
    if (chosen[v]) names.push_back(ranking.rows[shared.rows[v]].variant);
  return names;
}

/// Seeds that only some variants have are in the table's means, but decide nothing.
void add_chosen_seeds(const Ranking& ranking, const SharedNoise& shared, std::vector<std::string>& notes) {
  std::vector<std::string> alone;
  bool has_more = false;
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    const VariantRow& row = ranking.rows[r];
    if (!row.ranked) continue;
    if (!shared.place_of(r)) alone.push_back(row.variant);
    else has_more = has_more || row.seeds > shared.seeds.size();
  }
  if (has_more)
    notes.push_back(fmt::format("{}, which {} variants share, decide; other seeds are in the means of the table only",
                                seeds_text(shared.seeds), shared.rows.size()));
  if (!alone.empty())
    notes.push_back(
        fmt::format("{}: too few seeds or test data in common with the others, so each of their pairs is "
                    "decided by itself",
                    listed(alone)));
}

void add_noise(const Ranking& ranking, const SharedNoise& shared, std::vector<std::string>& notes) {
  const SeedNoise& noise = shared.noise;
  if (noise.is_zero) return;
  const auto [least, most] = std::minmax_element(noise.mean_squares.begin(), noise.mean_squares.end());
  notes.push_back(fmt::format(
      "seed noise of {} variants: standard deviation {:.2g} to {:.2g} nat, drawn towards {:.2g} with {:.2g} degrees of "
      "freedom beside the {} of each; seeds as blocks F = {:.2g}",
      shared.rows.size(), std::sqrt(*least), std::sqrt(*most), std::sqrt(noise.prior.variance), noise.prior.freedom,
      noise.freedom, noise.block_ratio));
  if (const auto names = names_at(ranking, shared, noise.differs); !names.empty())
    notes.push_back(
        fmt::format("the seed noise of {} differs greatly from that of the others{}", listed(names),
                    noise.seeds < 5 ? "; with fewer than 5 seeds each of their pairs is decided by itself" : ""));
  for (const OddRun& odd : odd_runs(shared.means, noise))
    notes.push_back(
        fmt::format("{}, seed {}: {:.1f} standard deviations from what the other runs say of it; it is "
                    "counted, but look at its curves",
                    ranking.rows[shared.rows[odd.variant]].variant, shared.seeds[odd.seed], odd.standard_deviations));
}

/// Whether this holds of the first with each of the others; not of none.
template <class Is>
bool are_all(const Ranking& ranking, const std::string& first, const std::vector<std::string>& others, Is is) {
  return !others.empty() && std::all_of(others.begin(), others.end(), [&](const std::string& other) {
    const Pair* pair = ranking.pair_of(first, other);
    return pair && is(*pair);
  });
}

bool is_of_methods(const Ranking& ranking, const std::string& first) {
  return std::all_of(ranking.pairs.begin(), ranking.pairs.end(),
                     [&](const Pair& pair) { return !pair.has(first) || pair.of_methods(); });
}

/// All pairs of a ranking have the same.
std::string margin_of(const Ranking& ranking) { return "the margin of " + margin_text(ranking.pairs.front()); }

/// Why nothing is said of which is best. Those that have a rank come first.
std::string no_answer(const Ranking& ranking) {
  if (ranking.rows[1].ranked) return "no answer: no two variants have numbers of the same test data";
  return fmt::format("no answer: {} is the only variant here that has a rank", ranking.rows[0].variant);
}

/// "at level 0.05, 2 of 3 seeds", of the pair that has the fewest.
std::string basis_of(const Ranking& ranking, const std::string& first) {
  if (ranking.looks)
    return fmt::format("at level {:.2g}, look {} of {}", ranking.looks->rule.alpha, ranking.looks->taken.size(),
                       ranking.looks->rule.looks.size());
  size_t seeds = SIZE_MAX, planned = 0;
  for (const Pair& pair : ranking.pairs) {
    if (!pair.has(first)) continue;
    seeds = std::min(seeds, pair.seeds);
    planned = std::max(planned, pair.planned_seeds);
  }
  return fmt::format("at level {:.2g}, {}{} seed{}", claim_level, seeds,
                     planned > seeds ? fmt::format(" of {}", planned) : "", seeds == 1 && planned <= 1 ? "" : "s");
}

/// What validation data choose of a sweep stands before what the test data say.
std::string chosen_text(const Ranking& ranking, const std::string& first) {
  std::string text;
  for (const Selection& s : ranking.selections)
    if (s.by_validation && s.chosen != first)
      text += fmt::format("chosen by validation data of {} points of {}: {}; on the test data ", s.points, s.sweep,
                          s.chosen);
  return text;
}

}  // namespace

std::string answer(const Ranking& ranking) {
  if (ranking.rows.size() == 1)
    return fmt::format("{} is the only variant on this measure: there is nothing to rank", ranking.rows[0].variant);
  std::vector<std::string> possible, beaten;
  for (size_t r = 0; r < ranking.rows.size(); ++r)
    if (ranking.best[r].may_be_best()) possible.push_back(ranking.rows[r].variant);
    else if (ranking.best[r].is_compared) beaten.push_back(ranking.rows[r].variant);
  if (possible.empty()) return no_answer(ranking);
  const std::string first = possible.front(), how = basis_of(ranking, first);
  const bool of_methods = is_of_methods(ranking, first);
  const std::string what = heading(ranking, of_methods);
  possible.erase(possible.begin());
  const std::string chosen = chosen_text(ranking, first);
  if (are_all(ranking, first, possible, [](const Pair& pair) { return !pair.identical.empty(); }) && beaten.empty())
    return fmt::format("{}no answer: {} has the same numbers as {}", chosen, first, listed(possible));
  if (beaten.empty())
    return fmt::format("{}{}: undecided {}; highest mean: {}; still possible: {}", chosen, what, how, first,
                       possible_text(ranking, first, possible));
  const auto is_negligible = [](const Pair& pair) { return pair.negligible; };
  if (possible.empty() && are_all(ranking, first, beaten, is_negligible))
    return fmt::format("{}{}: {} leads {} by less than {} (proved {})", chosen, no_difference(ranking, of_methods),
                       first, listed(beaten), margin_of(ranking), how);
  std::vector<std::string> near;
  std::copy_if(beaten.begin(), beaten.end(), std::back_inserter(near),
               [&](const std::string& other) { return are_all(ranking, first, {other}, is_negligible); });
  const size_t others = beaten.size() + possible.size();
  std::string text = fmt::format("{}{}: {} (proved against {} {}", chosen, what, first,
                                 others == 1        ? "the other one"
                                 : possible.empty() ? fmt::format("each of the {} others", others)
                                                    : fmt::format("{} of {} others", beaten.size(), others),
                                 how);
  if (!near.empty()) text += fmt::format("; by less than {} against: {}", margin_of(ranking), listed(near));
  if (!possible.empty()) text += "; still possible: " + possible_text(ranking, first, possible);
  return text + ")";
}

std::string procedure(const Ranking& ranking) {
  const auto any = [&](SeedBasis basis) {
    return std::any_of(ranking.pairs.begin(), ranking.pairs.end(), [&](const Pair& p) { return p.basis == basis; });
  };
  if (ranking.pairs.empty()) return "";
  const char* looks = ranking.looks ? "+looks" : "";
  if (any(SeedBasis::moderated)) return std::string("moderated(4)+holm") + looks;
  return std::string(any(SeedBasis::paired_seeds) || any(SeedBasis::unpaired_seeds) ? "two_quantiles+holm"
                                                                                    : "test_data+holm") +
         looks;
}

std::vector<std::string> decision_notes(const Ranking& ranking) {
  std::vector<std::string> notes;
  if (ranking.looks) notes = look_notes(*ranking.looks);
  if (ranking.noise) {
    if (!ranking.looks) add_chosen_seeds(ranking, *ranking.noise, notes);
    add_noise(ranking, *ranking.noise, notes);
  }
  size_t groups = 0;
  for (const Pair& pair : ranking.pairs) groups = std::max(groups, pair.groups);
  if (groups > 0)
    notes.push_back(fmt::format("test data of one group depend on each other: errors are over {} groups{}", groups,
                                groups < few_groups ? ", which are few" : ""));
  return notes;
}

}  // namespace elbo::host::report
