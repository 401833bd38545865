// Which variant is the best: Hsu's multiple comparison with the best (1984).
#pragma once
#include <vector>

#include "report/mean_error.hpp"

namespace elbo::report {

/// A difference between two variants, by their places; `mean` >= 0 is of better - worse.
struct Contrast {
  size_t better = 0, worse = 0;
  double mean = 0;
  MeanError error;
  bool proves = true;  // else it says nothing of either, whatever its numbers
};

struct BestClaim {
  double p = 1;  // of "it is the best": below the level it is proved that another one is at least as good
  Interval from_best_other{-std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::infinity()};  // its mean less that of the best other one
  bool is_compared = false;

  bool may_be_best() const { return is_compared && !(p < claim_level); }
};

/// What is proved of each of so many variants, all together at the level. Of two variants it is the pair's own two-sided test.
std::vector<BestClaim> compare_with_best(size_t variants, const std::vector<Contrast>& contrasts);

}  // namespace elbo::report
