// Seeds until decided: a comparison whose pairs and best are decided look by look, each by the runs that it had.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/statistics/looks.hpp"

namespace elbo::host::report {
namespace {

using experiment::SeedRule;
using Json = nlohmann::ordered_json;
using Names = std::set<std::string>;

/// The variants of one measure, whose pairs are decided together.
struct Family {
  std::vector<std::string> variants;
  LookState state{0};
  std::vector<std::optional<Pair>> last{};  // of each pair of the state: as the look saw it that the state names
  std::vector<TakenLook> taken{};
  std::optional<VariancePrior> prior{};  // of the seed noise, by the last look at enough variants

  std::optional<size_t> place_of(const std::string& variant) const {
    const auto found = std::find(variants.begin(), variants.end(), variant);
    return found == variants.end() ? std::nullopt : std::optional(static_cast<size_t>(found - variants.begin()));
  }
};

bool has_ended(const RunOutcome& run) { return run.summary || !run.failure.empty() || run.has_failed; }

/// Whether each of these variants has come to the end of each of so many runs.
bool is_complete(const std::vector<RunOutcome>& runs, const Names& variants, int64_t seeds) {
  std::set<std::pair<std::string, int64_t>> ended;
  for (const RunOutcome& run : runs)
    if (has_ended(run)) ended.emplace(run.variant, run.seed);
  for (const std::string& variant : variants)
    for (int64_t seed = 1; seed <= seeds; ++seed)
      if (!ended.contains({variant, seed})) return false;
  return true;
}

std::vector<RunOutcome> runs_at(const std::vector<RunOutcome>& runs, const Names& variants, int64_t seeds) {
  std::vector<RunOutcome> chosen;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(chosen), [&](const RunOutcome& run) {
    return variants.contains(run.variant) && run.seed >= 1 && run.seed <= seeds;
  });
  return chosen;
}

/// A look may use no run that the other variant of a pair lacks.
std::string why_seeds_lack(const Ranking& ranking, const Pair& pair, int64_t seeds) {
  for (const VariantRow& row : ranking.rows)
    if (pair.has(row.variant) && row.seeds < static_cast<size_t>(seeds))
      return fmt::format(
          "{} has numbers of {} of {} seeds only, and a look needs all; elbo run tries failed runs again", row.variant,
          row.seeds, seeds);
  return "";
}

std::string limits_of(const Pair& pair, const PairDecision& decision, const SeedRule& rule) {
  Pair later = pair;
  later.error = decision.projected;
  later.seeds = static_cast<size_t>(rule.looks.back());
  return what_limits(later, decision.among, rule.level());
}

std::string why_given_up(const Family& family, size_t i, const SeedRule& rule) {
  const Pair& pair = *family.last[i];
  return pair.obstacle.empty() ? limits_of(pair, family.state.pairs[i], rule) : pair.obstacle;
}

/// What has changed since the state before.
TakenLook taken_look(const Family& family, const LookState& before, const SeedRule& rule) {
  TakenLook look{.seeds = rule.looks[before.taken]};
  const LookState& state = family.state;
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    const PairState now = state.pairs[i].state;
    if (i < before.pairs.size() && before.pairs[i].state == now) continue;
    const Pair& pair = *family.last[i];
    if (now == PairState::decided) look.decided.push_back(pair.better + " > " + pair.worse);
    if (now == PairState::equivalent) look.equivalent.push_back(pair.better + " = " + pair.worse);
    if (now == PairState::given_up)
      look.given_up.push_back(pair.better + ", " + pair.worse + ": " + why_given_up(family, i, rule));
  }
  const auto is_excluded = [](const BestClaim& claim) { return claim.is_compared && !claim.may_be_best(); };
  for (size_t v = 0; v < family.variants.size(); ++v) {
    if (is_excluded(state.best[v]) && !is_excluded(before.best[v])) look.not_best.push_back(family.variants[v]);
    if (state.goes_on[v]) look.go_on.push_back(family.variants[v]);
  }
  return look;
}

void take(Family& family, const Ranking& ranking, const SeedRule& rule) {
  const LookState before = family.state;
  const int64_t seeds = rule.looks[before.taken];
  std::vector<Measured> measured;
  std::vector<Pair> pairs;
  for (Pair pair : ranking.pairs) {
    const auto better = family.place_of(pair.better), worse = family.place_of(pair.worse);
    if (!better || !worse) continue;
    if (pair.obstacle.empty()) pair.obstacle = why_seeds_lack(ranking, pair, seeds);
    const bool proves = pair.obstacle.empty() && pair.bias_in_doubt.empty();
    measured.push_back(
        {{*better, *worse, pair.difference.mean, pair.error, proves}, pair.margin - pair.bias, !pair.obstacle.empty()});
    pairs.push_back(std::move(pair));
  }
  take_look(rule, measured, family.state);
  family.last.resize(family.state.pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    const PairDecision* decision = family.state.pair_of(measured[i].contrast.better, measured[i].contrast.worse);
    if (!decision) continue;
    auto& last = family.last[static_cast<size_t>(decision - family.state.pairs.data())];
    if (!last || decision->look == family.state.taken) last = std::move(pairs[i]);
  }
  for (size_t i = 0; i < before.pairs.size(); ++i) {
    const PairDecision& now = family.state.pairs[i];
    if (now.state == PairState::given_up && before.pairs[i].state == PairState::open && now.look < family.state.taken)
      family.last[i]->obstacle = fmt::format("one of them has no numbers at look {}", family.state.taken);
  }
  if (ranking.noise && !ranking.noise->of_more) family.prior = ranking.noise->noise.prior;
  family.taken.push_back(taken_look(family, before, rule));
}

std::string not_yet(const PairDecision& decision, const Family& family, const Pair& pair, const SeedRule& rule) {
  const LookState& state = family.state;
  std::string text =
      fmt::format("p = {:.2g} after correction at look {} of {}", decision.p, decision.look, rule.looks.size());
  const bool is_excluded = !state.best[decision.a].may_be_best() || !state.best[decision.b].may_be_best();
  if (state.goes_on[decision.a] && state.goes_on[decision.b]) return text + "; the next look has more seeds";
  if (rule.wants_best_only() && is_excluded) return text + "; one of them is not the best, so no more seeds were added";
  return text + ", " + limits_of(pair, decision, rule);
}

/// The pair as its last look saw it, with what the looks have decided.
Pair decided_pair(const Family& family, size_t i, const SeedRule& rule) {
  const PairDecision& decision = family.state.pairs[i];
  Pair pair = *family.last[i];
  pair.level = rule.alpha;
  pair.look = decision.look;
  pair.looks = rule.looks.size();
  pair.adjusted_p = decision.p;
  pair.equivalence_p = decision.equivalence_p;
  pair.alone = family.state.pairs.size() == 1;
  if (pair.images >= 2 && std::isfinite(pair.difference.standard_error))
    pair.simultaneous = interval_with(pair.difference.mean, pair.error,
                                      rule.level() / 2 / static_cast<double>(family.state.pairs.size()));
  pair.equivalent = decision.state == PairState::equivalent;
  pair.negligible = decision.negligible;
  if (decision.state == PairState::decided) pair.undecided = "";
  else if (!pair.obstacle.empty()) pair.undecided = pair.obstacle;
  else if (!pair.bias_in_doubt.empty()) pair.undecided = pair.bias_in_doubt;
  else if (decision.state == PairState::given_up)
    pair.undecided =
        fmt::format("given up at look {} of {}: {}", decision.look, rule.looks.size(), why_given_up(family, i, rule));
  else pair.undecided = not_yet(decision, family, pair, rule);
  return pair;
}

/// Nothing is decided before the first look.
void leave_open(Ranking& ranking, const SeedRule& rule) {
  ranking.looks = SeedLooks{.rule = rule};
  for (Pair& pair : ranking.pairs) {
    pair.equivalent = pair.negligible = false;
    pair.undecided = fmt::format("the first look needs {} seeds of each variant", rule.looks.front());
  }
  for (BestClaim& claim : ranking.best) claim.p = 1;
}

void decide_by(const Family& family, Ranking& ranking, const SeedRule& rule) {
  const LookState& state = family.state;
  SeedLooks looks{
      .rule = rule, .taken = family.taken, .pairs = state.pairs.size(), .open = state.count(PairState::open)};
  std::vector<Pair> pairs;
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    const auto place = family.place_of(ranking.rows[r].variant);
    ranking.best[r] = place ? state.best[*place] : BestClaim();
    looks.runs += ranking.rows[r].seeds;
    for (size_t other = r + 1; place && other < ranking.rows.size(); ++other) {
      const auto second = family.place_of(ranking.rows[other].variant);
      const PairDecision* decision = second ? state.pair_of(*place, *second) : nullptr;
      if (decision) pairs.push_back(decided_pair(family, static_cast<size_t>(decision - state.pairs.data()), rule));
    }
  }
  looks.most_runs = ranking.rows.size() * static_cast<size_t>(rule.looks.back());
  ranking.pairs = std::move(pairs);
  ranking.looks = std::move(looks);
}

std::vector<Family> families_of(const Comparison& first) {
  std::vector<Family> families;
  for (const Ranking& ranking : first.rankings) {
    families.push_back({});
    for (const VariantRow& row : ranking.rows) families.back().variants.push_back(row.variant);
    families.back().state = LookState(ranking.rows.size());
  }
  return families;
}

Names variants_of(const std::vector<RunOutcome>& runs) {
  Names names;
  for (const RunOutcome& run : runs) names.insert(run.variant);
  return names;
}

/// Takes a look with the runs of these variants, and leaves those that go on.
void look_at(const std::vector<RunOutcome>& runs, int64_t seeds, const SeedRule& rule, const Margins& margins,
             std::vector<Family>& families, Names& variants) {
  AtLook at{.level = rule.level(), .has_all_variants = families.empty()};
  for (const Family& family : families)
    for (const std::string& variant : family.variants)
      if (family.prior) at.prior[variant] = *family.prior;
  const Comparison seen = compare_at(runs_at(runs, variants, seeds), margins, at);
  if (families.empty()) families = families_of(seen);
  variants.clear();
  for (Family& family : families) {
    if (family.state.taken > 0 && family.taken.back().go_on.empty()) continue;
    const auto ranking = std::find_if(seen.rankings.begin(), seen.rankings.end(), [&](const Ranking& one) {
      return family.place_of(one.rows.front().variant).has_value();
    });
    take(family, ranking == seen.rankings.end() ? Ranking{} : *ranking, rule);
    variants.insert(family.taken.back().go_on.begin(), family.taken.back().go_on.end());
  }
}

}  // namespace

void take_looks(Comparison& comparison, const std::vector<RunOutcome>& runs, const SeedRule& rule,
                const Margins& margins) {
  std::vector<Family> families;
  Names variants = variants_of(runs);
  for (const int64_t seeds : rule.looks) {
    if (variants.empty()) break;
    if (!is_complete(runs, variants, seeds)) {
      for (const std::string& variant : variants) comparison.seeds_wanted[variant] = seeds;
      break;
    }
    look_at(runs, seeds, rule, margins, families, variants);
  }
  for (Ranking& ranking : comparison.rankings) {
    const auto family = std::find_if(families.begin(), families.end(), [&](const Family& one) {
      return one.place_of(ranking.rows.front().variant).has_value();
    });
    if (family == families.end()) leave_open(ranking, rule);
    else decide_by(*family, ranking, rule);
  }
}

std::string look_sentence(const SeedLooks& looks, size_t look) {
  const TakenLook& taken = looks.taken[look];
  std::vector<std::string> parts = {fmt::format("{} decided", counted(taken.decided.size(), "pair"))};
  if (!taken.equivalent.empty()) parts.push_back(fmt::format("{} equivalent", taken.equivalent.size()));
  if (!taken.given_up.empty()) parts.push_back(fmt::format("{} given up", taken.given_up.size()));
  if (!taken.not_best.empty()) parts.push_back(fmt::format("{} proved not to be the best", taken.not_best.size()));
  return fmt::format("look {} of {}, {} seeds: {}; {}", look + 1, looks.rule.looks.size(), taken.seeds, join(parts),
                     taken.go_on.empty() ? "no variant needs more seeds"
                                         : fmt::format("more seeds for {}: {}", counted(taken.go_on.size(), "variant"),
                                                       join(taken.go_on, "; ")));
}

std::vector<std::string> look_notes(const SeedLooks& looks) {
  std::vector<std::string> seeds;
  for (const int64_t n : looks.rule.looks) seeds.push_back(std::to_string(n));
  std::vector<std::string> notes = {fmt::format(
      "seeds until decided ({}): looks at {} seeds, each at level {:.3g}; p values and intervals hold for all looks "
      "together",
      looks.rule.wants_best_only() ? "the best" : "all pairs", join(seeds), looks.rule.level())};
  for (size_t look = 0; look < looks.taken.size(); ++look) notes.push_back(look_sentence(looks, look));
  if (looks.is_over())
    notes.push_back(fmt::format("{} of at most {} were needed: {} saved", looks.runs, counted(looks.most_runs, "run"),
                                looks.most_runs - std::min(looks.runs, looks.most_runs)));
  else notes.push_back("the next look is not complete: what is open is not decided; elbo run or elbo resume goes on");
  return notes;
}

Json looks_json(const Ranking& ranking) {
  Json all;
  if (!ranking.looks) return all;
  for (const TakenLook& look : ranking.looks->taken)
    all.push_back({{"seeds", look.seeds},
                   {"level", ranking.looks->rule.level()},
                   {"decided", look.decided},
                   {"equivalent", look.equivalent},
                   {"given_up", look.given_up},
                   {"not_best", look.not_best},
                   {"go_on", look.go_on}});
  return all;
}

}  // namespace elbo::host::report
