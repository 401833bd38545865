#include "report/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace elbo::report {
namespace {

constexpr size_t most_names = 4;   // of variants in one line
constexpr size_t few_groups = 20;  // of test data, for quantiles of t to hold

const Pair* pair_of(const Ranking& ranking, const std::string& a, const std::string& b) {
  const auto found = std::find_if(ranking.pairs.begin(), ranking.pairs.end(),
                                  [&](const Pair& pair) { return pair.has(a) && pair.has(b); });
  return found == ranking.pairs.end() ? nullptr : &*found;
}

/// The first few, and how many more; names may hold commas.
std::string listed(const std::vector<std::string>& names) {
  if (names.size() <= most_names) return join(names, "; ");
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + most_names - 1}, "; "),
                     names.size() - most_names + 1);
}

std::string possible_text(const Ranking& ranking, const std::string& first, const std::vector<std::string>& others) {
  std::vector<std::string> names;
  for (const std::string& other : others) {
    const Pair* pair = pair_of(ranking, first, other);
    names.push_back(other + (pair && pair->equivalent           ? " (equivalent)"
                             : pair && !pair->identical.empty() ? " (identical)"
                                                                : ""));
  }
  return listed(names);
}

/// What a claim about the best is of: methods, or these trained models.
std::string heading(const Ranking& ranking, bool of_methods) {
  if (ranking.of_bounds) return of_methods ? "highest bound" : "highest bound of these checkpoints";
  return of_methods ? "best" : "best checkpoint";
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

}  // namespace

std::string answer(const Ranking& ranking) {
  if (ranking.rows.size() == 1)
    return fmt::format("{} is the only variant on this measure: there is nothing to rank", ranking.rows[0].variant);
  std::vector<std::string> possible;
  size_t compared = 0;
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    compared += ranking.best[r].is_compared;
    if (ranking.best[r].may_be_best()) possible.push_back(ranking.rows[r].variant);
  }
  if (possible.empty()) return "no answer: no two variants have numbers of the same test data";
  const std::string first = possible.front();
  bool of_methods = true;
  size_t seeds = SIZE_MAX;
  for (const Pair& pair : ranking.pairs) {
    if (!pair.has(first)) continue;
    of_methods = of_methods && pair.of_methods();
    seeds = std::min(seeds, pair.seeds);
  }
  const std::string what = heading(ranking, of_methods),
                    how = fmt::format("at level {:.2g}, {} seed{}", claim_level, seeds, seeds == 1 ? "" : "s");
  if (possible.size() == 1)
    return fmt::format("{}: {} (proved against {} {})", what, first,
                       compared == 2 ? "the other one" : fmt::format("each of the {} others", compared - 1), how);
  if (possible.size() == compared)
    return fmt::format("{}: undecided {}; highest mean: {}; still possible: {}", what, how, first,
                       possible_text(ranking, first, {possible.begin() + 1, possible.end()}));
  return fmt::format("{}: {} (proved against {} of {} others {}; still possible: {})", what, first,
                     compared - possible.size(), compared - 1, how,
                     possible_text(ranking, first, {possible.begin() + 1, possible.end()}));
}

std::string procedure(const Ranking& ranking) {
  const auto any = [&](SeedBasis basis) {
    return std::any_of(ranking.pairs.begin(), ranking.pairs.end(), [&](const Pair& p) { return p.basis == basis; });
  };
  if (ranking.pairs.empty()) return "";
  if (any(SeedBasis::moderated)) return "moderated(4)+holm";
  return any(SeedBasis::paired_seeds) || any(SeedBasis::unpaired_seeds) ? "two_quantiles+holm" : "test_data+holm";
}

std::vector<std::string> decision_notes(const Ranking& ranking) {
  std::vector<std::string> notes;
  if (ranking.noise) {
    add_chosen_seeds(ranking, *ranking.noise, notes);
    add_noise(ranking, *ranking.noise, notes);
  }
  size_t groups = 0;
  for (const Pair& pair : ranking.pairs) groups = std::max(groups, pair.groups);
  if (groups > 0)
    notes.push_back(fmt::format("test data of one group depend on each other: errors are over {} groups{}", groups,
                                groups < few_groups ? ", which are few" : ""));
  return notes;
}

}  // namespace elbo::report
