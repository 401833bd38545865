// seeds = { until = "decided" }: the rule by which variants are given more seeds, declared before the first run.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host::experiment {

/// More are not compared in pairs, and so not decided by looks either.
inline constexpr size_t most_runs_for_all_pairs = 500;

struct SeedRule {
  std::string until = "decided";
  std::vector<int64_t> looks = {3, 4, 5, 6, 8};
  double alpha = 0.05;
  std::string goal = "pairs";

  static void describe(Options<SeedRule>& o) {
    o.add("until", &SeedRule::until, "seeds are added to variants of which something is open").one_of({"decided"});
    o.add("looks", &SeedRule::looks, "seeds that an open variant has at each look, ascending; fewer say nothing of it")
        .range(3, 1000);
    o.add("alpha", &SeedRule::alpha, "probability of any false claim over all looks together; each look has its share")
        .range(1e-6, 0.5);
    o.add("goal", &SeedRule::goal, "what is to be decided: every pair of variants, or which variant is the best")
        .one_of({"pairs", "best"});
  }

  /// Of each look.
  double level() const { return alpha / static_cast<double>(looks.size()); }
  bool wants_best_only() const { return goal == "best"; }
  bool operator==(const SeedRule&) const = default;
};

}  // namespace elbo::host::experiment
