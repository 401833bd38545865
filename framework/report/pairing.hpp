// Two variants on the same test data: which is better, by how much, how surely, or why that is not decided.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"
#include "report/influence.hpp"
#include "report/statistics.hpp"
#include "report/variant_row.hpp"

namespace elbo::report {

inline constexpr size_t seeds_for_a_method = 3;  // fewer say nothing of other seeds (R13)

/// Differences are better - worse, in nats for each test datum.
struct Pair {
  std::string better, worse;
  Difference checkpoints;            // over images: of these trained models, none others
  std::optional<Difference> method;  // over seeds and images: of the method; needs 3 seeds of each
  VarianceSplit spread;              // of the paired seeds; zeros where seeds are not paired
  size_t images = 0, seeds = 0;      // seeds of the variant that has fewer
  size_t planned_seeds =
      0;                    // of both variants the larger number: with those that failed, are missing or were set aside
  size_t left_out = 0;      // images of which only one variant has a finite bound
  bool of_bounds = false;   // the numbers are lower bounds of log p(x): nothing is said of log p(x) itself
  double bias = 0;          // |b_A - b_B|, nats: what the estimates' bias may make of the difference; 0 between bounds
  double adjusted_p = 1;    // Holm's, over all pairs of the table; of the method where there are seeds for it
  int64_t dimensions = 0;   // D where bits/dim have a meaning, else 0
  std::string undecided;    // why; empty for a decided pair
  double margin = 0;        // nats within which a difference does not matter
  bool negligible = false;  // decided, but its whole interval lies within the margin less the bias
  double equivalence_p = 1;            // of two one-sided tests, Holm's, over all pairs of the table
  bool equivalent = false;             // undecided, and within the margin
  std::string identical;               // where each test datum has the same number in every digit: what that means
  std::optional<Influence> influence;  // of one test datum that carries the difference

  double bits_per_dim(double nats) const;
  bool has(const std::string& variant) const { return better == variant || worse == variant; }
  /// What decides: the difference of the methods where there are seeds for it, else that of the checkpoints.
  const Difference& deciding() const { return method ? *method : checkpoints; }
};

/// Whether pairs_of() compares every pair: the bounds of each datum of so few runs fit in memory.
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

/// Every pair of rows, which are sorted best first; of very many runs the best with each other one. Rows without per-example
/// values are left out, and pairs of which one has no rank.
std::vector<Pair> pairs_of(const std::vector<VariantRow>& rows, const Score& score, const Margins& margins = {});

/// a - b of each test datum of which all seeds of both have a finite value; each averaged over its seeds first.
std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value);

/// "gaussian beats laplace by 0.0310 bits/dim = 16.85 nat (95 % 0.0280 to 0.0340, this method, 3 seeds), p = ...". Of fewer
/// than 3 seeds it speaks of checkpoints, between bounds of bounds.
std::string sentence(const Pair& pair);
/// "0.0310 bits/dim", "16.850 nat": so many digits that a difference never reads as 0.
std::string size_text(const Pair& pair, double nats);

}  // namespace elbo::report
