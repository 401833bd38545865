// What a reader must know of the seeds and the test data that decide: which seeds, how large their noise is, which run is far from the others.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/statistics/pairing.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
namespace {

constexpr size_t most_names = 4;   // of variants in one line
constexpr size_t few_groups = 20;  // of test data, for quantiles of t to hold

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
                    list_in_words(alone, most_names)));
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
        fmt::format("the seed noise of {} differs greatly from that of the others{}", list_in_words(names, most_names),
                    noise.seeds < 5 ? "; with fewer than 5 seeds each of their pairs is decided by itself" : ""));
  for (const OddRun& odd : odd_runs(shared.means, noise))
    notes.push_back(
        fmt::format("{}, seed {}: {:.1f} standard deviations from what the other runs say of it; it is "
                    "counted, but look at its curves",
                    ranking.rows[shared.rows[odd.variant]].variant, shared.seeds[odd.seed], odd.standard_deviations));
}

}  // namespace

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
