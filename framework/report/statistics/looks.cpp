#include "report/statistics/looks.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace elbo::host::report {
namespace {

using experiment::SeedRule;

/// Of what would decide: a pair that is expected to fall short of it by so much at the last look is given up.
constexpr double hopeless_share = 0.6;

/// As expected at the last look: the seeds' part falls with their number, the test data's part stays.
MeanError projected(const MeanError& error, size_t seeds, size_t most) {
  const auto now = static_cast<double>(seeds), then = static_cast<double>(most);
  MeanError later = error;
  later.seeds *= now / then;
  if (error.by_parts) {
    later.seeds_freedom = std::max(error.seeds_freedom, then - 1);
    return later;
  }
  const double freedom = std::max(error.freedom(), then + 3);  // one t for both parts
  later.seeds_freedom = later.images_freedom = freedom;
  const double parts = later.seeds * later.seeds + later.images * later.images, sum = later.seeds + later.images;
  if (sum > 0) later.seeds_freedom = later.images_freedom = freedom * parts / (sum * sum);
  return later;
}

/// Whether neither a difference nor equivalence is to be expected; `tail` is what a difference needs.
bool is_hopeless(const Measured& one, const MeanError& later, double tail) {
  const double needed = hopeless_share * later.reach(tail, Side::below);
  const bool may_differ = one.contrast.proves && one.contrast.mean >= needed;
  return !may_differ && !(one.margin - one.contrast.mean >= needed);
}

/// Corrected p values of all pairs: pairs that were decided before count as rejected, closed ones as not.
std::vector<double> corrected(const LookState& state, const std::vector<std::optional<double>>& of_open,
                              PairState rejected) {
  std::vector<double> p;
  for (size_t i = 0; i < state.pairs.size(); ++i)
    p.push_back(state.pairs[i].state == rejected ? 0 : of_open[i].value_or(1));
  return holm(p);
}

void decide_pairs(const SeedRule& rule, const std::vector<const Measured*>& measured, LookState& state) {
  std::vector<std::optional<double>> differ(state.pairs.size()), same(state.pairs.size());
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    if (!measured[i] || measured[i]->decides_nothing) continue;
    const Contrast& c = measured[i]->contrast;
    if (c.proves) differ[i] = difference_with(c.mean, c.error).p;
    same[i] = equivalence_p(c.mean, c.error, measured[i]->margin);
  }
  const auto p = corrected(state, differ, PairState::decided), q = corrected(state, same, PairState::equivalent);
  const auto looks = static_cast<double>(rule.looks.size());
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    if (!measured[i]) continue;
    PairDecision& pair = state.pairs[i];
    pair.look = state.taken;
    pair.p = std::min(1.0, p[i] * looks);
    pair.equivalence_p = std::min(1.0, q[i] * looks);
    const bool is_near = q[i] < rule.level();
    if (p[i] < rule.level()) pair.state = PairState::decided;
    else if (is_near) pair.state = PairState::equivalent;
    pair.negligible = pair.state == PairState::decided && is_near;
  }
}

void give_up(const SeedRule& rule, const std::vector<const Measured*>& measured, LookState& state) {
  const size_t open = state.count(PairState::open) + state.count(PairState::given_up);
  const double tail =
      rule.level() / (rule.wants_best_only() ? static_cast<double>(std::max<size_t>(2, state.best.size() - 1))
                                             : 2.0 * static_cast<double>(std::max<size_t>(1, open)));
  const auto most = static_cast<size_t>(rule.looks.back());
  const auto seeds = static_cast<size_t>(rule.looks[state.taken - 1]);
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    PairDecision& pair = state.pairs[i];
    if (pair.state != PairState::open) continue;
    if (!measured[i]) {
      if (state.goes_on[pair.a] && state.goes_on[pair.b]) pair.state = PairState::given_up;  // one has no numbers
      continue;
    }
    pair.among = std::max<size_t>(1, open);
    pair.projected = projected(measured[i]->contrast.error, seeds, most);
    if (measured[i]->decides_nothing || (seeds < most && is_hopeless(*measured[i], pair.projected, tail)))
      pair.state = PairState::given_up;
  }
}

/// A variant that a look has shown not to be the best stays so.
void decide_best(const SeedRule& rule, const std::vector<Measured>& measured, LookState& state) {
  std::vector<Contrast> contrasts;
  for (const Measured& one : measured) {
    contrasts.push_back(one.contrast);
    contrasts.back().proves = one.contrast.proves && !one.decides_nothing;
  }
  const auto now = compare_with_best(state.best.size(), contrasts, rule.level(), state.best.size());
  for (size_t v = 0; v < state.best.size(); ++v) {
    if (!now[v].is_compared) continue;
    const double before = state.best[v].p;
    state.best[v] = now[v];
    state.best[v].level = rule.alpha;
    state.best[v].p = std::min({1.0, before, now[v].p * static_cast<double>(rule.looks.size())});
  }
}

}  // namespace

const PairDecision* LookState::pair_of(size_t a, size_t b) const {
  const size_t low = std::min(a, b), high = std::max(a, b);
  const auto found = std::find_if(pairs.begin(), pairs.end(),
                                  [&](const PairDecision& pair) { return pair.a == low && pair.b == high; });
  return found == pairs.end() ? nullptr : &*found;
}

size_t LookState::count(PairState state) const {
  return static_cast<size_t>(
      std::count_if(pairs.begin(), pairs.end(), [&](const PairDecision& pair) { return pair.state == state; }));
}

void take_look(const SeedRule& rule, const std::vector<Measured>& measured, LookState& state) {
  if (state.taken++ == 0)
    for (const auto& [contrast, margin, decides_nothing] : measured)
      state.pairs.push_back({.a = std::min(contrast.better, contrast.worse),
                             .b = std::max(contrast.better, contrast.worse),
                             .projected = {}});
  std::vector<const Measured*> open(state.pairs.size());
  for (const Measured& one : measured) {
    const PairDecision* pair = state.pair_of(one.contrast.better, one.contrast.worse);
    if (pair && pair->state == PairState::open) open[static_cast<size_t>(pair - state.pairs.data())] = &one;
  }
  decide_pairs(rule, open, state);
  decide_best(rule, measured, state);
  give_up(rule, open, state);
  const bool is_last = state.taken == rule.looks.size();
  std::vector<bool> goes_on(state.goes_on.size(), false);
  for (size_t i = 0; i < state.pairs.size(); ++i) {
    const PairDecision& pair = state.pairs[i];
    const bool matters =
        !rule.wants_best_only() || (state.best[pair.a].may_be_best() && state.best[pair.b].may_be_best());
    if (!is_last && open[i] && pair.state == PairState::open && matters) goes_on[pair.a] = goes_on[pair.b] = true;
  }
  state.goes_on = std::move(goes_on);
}

}  // namespace elbo::host::report
