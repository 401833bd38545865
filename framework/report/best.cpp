#include "report/best.hpp"

#include <algorithm>
#include <limits>

namespace elbo::report {

std::vector<BestClaim> compare_with_best(size_t variants, const std::vector<Contrast>& contrasts) {
  std::vector<BestClaim> claims(variants);
  for (const Contrast& c : contrasts) claims[c.better].is_compared = claims[c.worse].is_compared = true;
  const auto compared =
      std::count_if(claims.begin(), claims.end(), [](const auto& claim) { return claim.is_compared; });
  const double others = std::max<double>(static_cast<double>(compared) - 1, 2);
  constexpr double none = std::numeric_limits<double>::infinity();
  std::vector<double> least_p(variants, 1), low(variants, -none), high(variants, none);
  for (const Contrast& c : contrasts) {
    double p = 0.5, below = none, above = none;
    if (c.proves) {
      p = c.error.tail_beyond(c.mean, Side::below);
      below = c.error.reach(claim_level / others, Side::below);
      above = c.error.acceleration == 0 ? below : c.error.reach(claim_level / others, Side::above);
    }
    least_p[c.worse] = std::min(least_p[c.worse], c.proves ? p : 1);
    least_p[c.better] = std::min(least_p[c.better], 1 - p);
    low[c.worse] = std::max(low[c.worse], c.mean + above);
    high[c.worse] = std::min(high[c.worse], -c.mean + below);
    low[c.better] = std::max(low[c.better], -c.mean + below);
    high[c.better] = std::min(high[c.better], c.mean + above);
  }
  for (size_t i = 0; i < variants; ++i) {
    if (!claims[i].is_compared) continue;
    claims[i].p = std::min(1.0, others * least_p[i]);
    claims[i].from_best_other = {low[i] > 0 ? -low[i] : 0.0, std::max(0.0, high[i])};
  }
  return claims;
}

}  // namespace elbo::report
