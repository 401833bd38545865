// Two variants on the same test data: which is better, by how much, how surely, or why that is not decided.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"
#include "report/results/variant_row.hpp"
#include "report/statistics/seed_noise.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {

/// What the error of a difference is estimated from.
enum class SeedBasis {
  checkpoints,     // test data alone: of these trained models, none others
  moderated,       // seeds as blocks, variances of all variants drawn together
  paired_seeds,    // the pair alone, one difference for each seed
  unpaired_seeds,  // the pair alone, each with seeds of its own
};

/// Differences are better - worse, in nats for each test data point.
struct Pair {
  std::string better, worse;
  SeedBasis basis = SeedBasis::checkpoints;
  Difference difference;          // its interval is of this pair alone
  MeanError error;                // what that is made of
  Interval simultaneous;          // covers with 95 % together with those of all pairs of the table
  size_t images = 0, groups = 0;  // groups of test data that depend on each other; 0 where there are none
  size_t seeds = 0;               // that it is over: of the variant that has fewer
  size_t planned_seeds =
      0;                    // of both variants the larger number: with those that failed, are missing or were set aside
  size_t left_out = 0;      // images of which only one variant has a finite bound
  bool has_copies = false;  // two seeds of one of them have the same numbers
  std::string chosen;       // why one of them may have been chosen by these test data: chosen_points() in selection.hpp
  bool of_bounds = false;   // the numbers are lower bounds of log p(x): nothing is said of log p(x) itself
  bool alone = true;        // the only pair of its table
  double bias = 0;          // |b_A - b_B|, nats: what the estimates' bias may make of the difference; 0 between bounds
  double adjusted_p = 1;    // Holm's, over all pairs of the table
  int64_t dimensions = 0;   // D where bits/dim have a meaning, else 0
  std::string undecided;    // why; empty for a decided pair
  std::string obstacle;     // why its numbers decide nothing whatever its p is
  std::string bias_in_doubt;   // why no difference is decided: the bias of the estimates may be what is seen
  double level = claim_level;  // of all claims about the table's pairs together
  size_t look = 0,
         looks = 0;   // where seeds are added in steps: the look that these numbers are of, and how many there may be
  double margin = 0;  // nats within which a difference does not matter
  double equivalence_p = 1;            // of two one-sided tests, Holm's, over all pairs of the table
  bool equivalent = false;             // undecided, and within the margin
  bool negligible = false;             // decided, and within the margin
  std::string identical;               // where each test data point has the same number in every digit: what that means
  std::optional<Influence> influence;  // of one test data point that carries the difference

  bool of_methods() const { return basis != SeedBasis::checkpoints; }
  double bits_per_dim(double nats) const;
  bool has(const std::string& variant) const { return better == variant || worse == variant; }
};

/// Whether decide() compares every pair: the bounds of each data point of so few runs fit in memory.
bool compares_all_pairs(const std::vector<VariantRow>& rows);

/// Differences that do not matter: in bits/dim where x has levels, else in nats.
struct Margins {
  double bits_per_dim = 0.005, nats = 0.1;
};

/// What rows are compared by.
struct Score {
  std::string value = metrics::log_px;  // name in /per_example: "log_px" or "elbo"
  bool is_bound = false;                // as Pair::of_bounds
};

/// All that is claimed of a ranking, as a function of its finished runs.
struct Decisions {
  std::vector<Pair> pairs;
  std::vector<BestClaim> best;       // of each row
  std::optional<SharedNoise> noise;  // where the seed noise of 6 variants or more was estimated together
};

/// Where seeds are added in steps (looks.hpp): what one look may claim falsely, and what earlier ones leave to it.
struct AtLook {
  double level = claim_level;
  bool has_all_variants = true;                  // later looks lack those that need no more seeds
  std::map<std::string, VariancePrior> prior{};  // of the seed noise, by variant
};

/// Every pair of rows, which are sorted best first; of very many runs the best with each other one. Rows without per-example
/// values are left out, and pairs of which one has no rank.
Decisions decide(const std::vector<VariantRow>& rows, const Score& score, const Margins& margins = {},
                 const AtLook& at = {});

/// "gaussian beats laplace by 0.0310 bits/dim = 16.85 nat (95 % 0.0280 to 0.0340, 3 seeds; error ...), p = ...". Of fewer than 3
/// seeds it speaks of checkpoints, between bounds of bounds.
std::string sentence(const Pair& pair);
/// "0.0310 bits/dim", "16.850 nat": so many digits that a difference never reads as 0.
std::string size_text(const Pair& pair, double nats);
/// The margin: "0.01 bits/dim", "1 nat".
std::string margin_text(const Pair& pair);
/// "limited by test data: a difference of this size needs about 9000"; `open` pairs are undecided at this level.
std::string what_limits(const Pair& pair, size_t open, double level = claim_level);

}  // namespace elbo::host::report
