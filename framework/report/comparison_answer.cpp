#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/statistics/pairing.hpp"

namespace elbo::report {
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

// A pair in words: of methods or of checkpoints, of log p(x) or of lower bounds.

constexpr double most_data_named = 1e7, most_seeds_named = 1e3;  // that a difference is said to need

/// Fixed digits, or the first digit that is not 0 where those would all be 0.
std::string small_number(double value, int decimals) {
  std::string fixed = fmt::format("{:.{}f}", value, decimals);
  const bool all_zero = fixed.find_first_of("123456789") == std::string::npos;
  return all_zero && value != 0 ? fmt::format("{:.1g}", value) : fixed;
}

/// "3 seeds", "2 of 3 seeds"; empty where one seed was all that was wanted.
std::string of_seeds(const Pair& pair) {
  if (pair.planned_seeds > pair.seeds) return fmt::format(", {} of {} seeds", pair.seeds, pair.planned_seeds);
  return pair.seeds > 1 ? fmt::format(", {} seeds", pair.seeds) : "";
}

/// What the error is made of, where seeds have a part in it.
std::string error_text(const Pair& pair) {
  if (!pair.of_methods()) return "";
  const auto shown = [](double variance) { return fmt::format("{:.2g}", std::sqrt(variance)); };
  return fmt::format("; error {} nat = seeds {}, test data {}", shown(pair.error.seeds + pair.error.images),
                     shown(pair.error.seeds), shown(pair.error.images));
}

/// The interval that holds together with those of the other pairs, and of what.
std::string interval_text(const Pair& pair) {
  const auto shown = [&](double nats) {
    return pair.dimensions > 0 ? small_number(pair.bits_per_dim(nats), 4) : small_number(nats, 3);
  };
  return fmt::format("{}{:.4g} % {} to {}, {}{}{}", pair.alone ? "" : "simultaneous ", 100 * (1 - pair.level),
                     shown(pair.simultaneous.low), shown(pair.simultaneous.high),
                     pair.of_methods() ? "this method" : "these checkpoints", of_seeds(pair), error_text(pair));
}

std::string p_text(double p) { return p < 1e-15 ? "< 1e-15" : fmt::format("{:.2g}", p); }

/// "p = 0.0012, corrected 0.0036"
std::string p_values(const Pair& pair) {
  const double raw = pair.difference.p;
  return fmt::format("p {}{}, corrected {}{}", raw < 1e-15 ? "" : "= ", p_text(raw), p_text(pair.adjusted_p),
                     pair.looks > 0 ? fmt::format(", at look {} of {}", pair.look, pair.looks) : "");
}

std::string margin_text(const Pair& pair) {
  if (pair.dimensions == 0) return fmt::format("{:.3g} nat", pair.margin);
  return fmt::format("{:.3g} bits/dim", pair.bits_per_dim(pair.margin));
}

/// Trained models are checkpoints; a method is what many seeds say something of.
std::string one(const Pair& pair, const std::string& variant) {
  return pair.of_methods() ? variant : fmt::format("the checkpoint{} of {}", pair.seeds > 1 ? "s" : "", variant);
}

std::string both(const Pair& pair) {
  const std::string names = pair.better + " and " + pair.worse,
                    checkpoints = pair.of_methods() ? names : "the checkpoints of " + names;
  return pair.of_bounds ? "the bounds of " + checkpoints : checkpoints;
}

std::string decided_text(const Pair& pair) {
  const bool many = !pair.of_methods() && pair.seeds > 1;
  const std::string better = one(pair, pair.better), worse = one(pair, pair.worse),
                    size = size_text(pair, pair.difference.mean);
  const std::string margin = "the margin of " + margin_text(pair);
  if (pair.negligible)
    return fmt::format("{} {} negligibly higher {} than {}, by {}, within {}", better, many ? "have a" : "has a",
                       pair.of_bounds ? "bound" : "log p(x)", worse, size, margin);
  const bool may_be_negligible = std::abs(pair.difference.mean) < pair.margin - pair.bias;
  const std::string note = may_be_negligible ? fmt::format(", within {}, but its interval reaches beyond", margin) : "";
  if (pair.of_bounds)
    return fmt::format("{} {} a higher bound than {}, by {}{}", better, many ? "have" : "has", worse, size, note);
  return fmt::format("{} {} {} by {}{}", better, many ? "beat" : "beats", worse, size, note);
}

/// ": a difference of this size needs about 9000"; empty where that is out of reach.
std::string need(double number, double most) {
  if (!(number > 0) || number > most) return "";
  return fmt::format(": a difference of this size needs about {:.0f}",
                     number < 20 ? std::ceil(number) : std::stod(fmt::format("{:.1e}", number)));
}

/// Whether this holds of the first with each of the others; not of none.
template <class Is>
bool are_all(const Ranking& ranking, const std::string& first, const std::vector<std::string>& others, Is is) {
  return !others.empty() && std::all_of(others.begin(), others.end(), [&](const std::string& other) {
    const Pair* pair = ranking.pair_of(first, other);
    return pair && is(*pair);
  });
}

std::string heading_of(const Ranking& ranking, const std::string& first) {
  return heading(ranking, std::all_of(ranking.pairs.begin(), ranking.pairs.end(),
                                      [&](const Pair& pair) { return !pair.has(first) || pair.of_methods(); }));
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
  if (possible.empty()) return "no answer: no two variants have numbers of the same test data";
  const std::string first = possible.front(), what = heading_of(ranking, first), how = basis_of(ranking, first);
  possible.erase(possible.begin());
  const std::string chosen = chosen_text(ranking, first);
  if (are_all(ranking, first, possible, [](const Pair& pair) { return !pair.identical.empty(); }) && beaten.empty())
    return fmt::format("{}no answer: {} has the same numbers as {}", chosen, first, listed(possible));
  if (beaten.empty())
    return fmt::format("{}{}: undecided {}; highest mean: {}; still possible: {}", chosen, what, how, first,
                       possible_text(ranking, first, possible));
  const auto is_negligible = [](const Pair& pair) { return pair.negligible; };
  if (possible.empty() && are_all(ranking, first, beaten, is_negligible))
    return fmt::format("{}no difference that matters: {} leads {} by less than the margin (proved {})", chosen, first,
                       listed(beaten), how);
  std::vector<std::string> near;
  std::copy_if(beaten.begin(), beaten.end(), std::back_inserter(near),
               [&](const std::string& other) { return are_all(ranking, first, {other}, is_negligible); });
  const size_t others = beaten.size() + possible.size();
  std::string text = fmt::format("{}{}: {} (proved against {} {}", chosen, what, first,
                                 others == 1        ? "the other one"
                                 : possible.empty() ? fmt::format("each of the {} others", others)
                                                    : fmt::format("{} of {} others", beaten.size(), others),
                                 how);
  if (!near.empty()) text += "; by less than the margin against: " + listed(near);
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

std::string size_text(const Pair& pair, double nats) {
  if (pair.dimensions == 0) return small_number(nats, 3) + " nat";
  return fmt::format("{} bits/dim = {} nat", small_number(pair.bits_per_dim(nats), 4), small_number(nats, 3));
}

std::string what_limits(const Pair& pair, size_t open, double level) {
  const MeanError& error = pair.error;
  const double tail = level / 2 / static_cast<double>(open);
  const double errors = error.reach(tail, Side::below) / error.standard_error();
  const double wanted = std::pow(pair.difference.mean / errors, 2);  // variance that would decide it
  if (error.images > error.seeds) {
    if (!pair.of_methods() || wanted > error.seeds)
      return "limited by test data" +
             need(static_cast<double>(pair.images) * error.images / (wanted - error.seeds), most_data_named);
    return "limited by test data and by seeds";
  }
  return "limited by seeds" +
         need(static_cast<double>(pair.seeds) * error.seeds / (wanted - error.images), most_seeds_named);
}

std::string sentence(const Pair& pair) {
  if (pair.images < 2) return fmt::format("{} are undecided: {}", both(pair), pair.undecided);
  if (!pair.identical.empty())
    return fmt::format("{} are identical: the same number for each of {} test data, {}", both(pair), pair.images,
                       pair.identical);
  const std::string interval = interval_text(pair), size = size_text(pair, pair.difference.mean);
  if (pair.undecided.empty()) return fmt::format("{} ({}), {}", decided_text(pair), interval, p_values(pair));
  if (pair.equivalent)
    return fmt::format(
        "{} are equivalent within {}: they differ by {} ({}), and p of a larger difference is {} after correction",
        both(pair), margin_text(pair), size, interval, p_text(pair.equivalence_p));
  return fmt::format("{} are undecided: they differ by {} ({}), and {}", both(pair), size, interval, pair.undecided);
}

}  // namespace elbo::report
