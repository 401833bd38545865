// Where each variant stands against the leader: by Hsu's comparison with the best, and by its pair with the leader.
#include <algorithm>
#include <iterator>

#include "report/comparison.hpp"

namespace elbo::host::report {
namespace {

Standing standing_of(const Ranking& ranking, size_t row, size_t leader) {
  if (row == leader) return Standing::leader;
  const Pair* pair = ranking.pair_of(ranking.rows[leader].variant, ranking.rows[row].variant);
  if (!pair || !ranking.best[row].is_compared) return Standing::unranked;
  if (!pair->identical.empty()) return Standing::identical;
  if (pair->equivalent) return Standing::equivalent;
  if (ranking.best[row].may_be_best()) return Standing::possible;
  return pair->negligible ? Standing::negligible : Standing::behind;
}

}  // namespace

size_t leader_of(const Ranking& ranking) {
  const auto first = std::find_if(ranking.best.begin(), ranking.best.end(),
                                  [](const BestClaim& claim) { return claim.may_be_best(); });
  return first == ranking.best.end() ? 0 : static_cast<size_t>(std::distance(ranking.best.begin(), first));
}

std::vector<Standing> standings_of(const Ranking& ranking) {
  std::vector<Standing> standings;
  const size_t leader = leader_of(ranking);
  for (size_t row = 0; row < ranking.rows.size(); ++row) standings.push_back(standing_of(ranking, row, leader));
  return standings;
}

const char* name_of(Standing standing) {
  switch (standing) {
    case Standing::leader:
      return "leader";
    case Standing::possible:
      return "undecided";
    case Standing::equivalent:
      return "equivalent";
    case Standing::identical:
      return "identical";
    case Standing::negligible:
      return "negligible";
    case Standing::behind:
      return "behind";
    case Standing::unranked:
      break;
  }
  return "not ranked";
}

}  // namespace elbo::host::report
