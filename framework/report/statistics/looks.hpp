// Seeds until decided: what is decided of pairs and of the best where seeds are added in steps, which variants go on, and which pairs are
// given up. Each look may claim something falsely with its share of the level, so all together with no more than the level (Bonferroni).
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "experiment/seed_rule.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {

/// What a look has measured of two variants, which both have all of its seeds.
struct Measured {
  Contrast contrast;
  double margin = 0;             // within which a difference does not matter; 0 or less: none
  bool decides_nothing = false;  // whatever its numbers are, and with more seeds too
};

enum class PairState { open, decided, equivalent, given_up };

struct PairDecision {
  size_t a = 0, b = 0;  // places of the variants, a < b
  PairState state = PairState::open;
  size_t look = 0;           // that brought it there, from 1; of an open pair the last that saw it
  double p = 1;              // of "there is no difference", for all pairs and looks together
  double equivalence_p = 1;  // of "the difference matters", likewise
  bool negligible = false;   // decided, and within the margin
  MeanError projected;       // what its error is expected to be at the last look
  size_t among = 1;          // pairs that were not decided then
};

/// What the looks so far have decided, of all variants.
struct LookState {
  explicit LookState(size_t variants) : best(variants), goes_on(variants, true) {}

  size_t taken = 0;
  std::vector<PairDecision> pairs;  // those that the first look has measured
  std::vector<BestClaim> best;      // of each variant; its p is for all looks together
  std::vector<bool> goes_on;        // whether the variant is to have the seeds of the next look

  /// Nothing where the first look has not measured them.
  const PairDecision* pair_of(size_t a, size_t b) const;
  size_t count(PairState state) const;
};

/// Takes the next look. A function of its arguments alone, so that a resumed experiment decides as before.
void take_look(const experiment::SeedRule& rule, const std::vector<Measured>& measured, LookState& state);

}  // namespace elbo::host::report
