// Searches by successive halving: which trials go on after a rung, as a function of the runs that have ended and of nothing else.
#pragma once
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// A trial after a rung.
struct RungScore {
  int64_t trial = 0;
  double score =
      0;  // mean over its seeds of the elbo on validation data; -infinity where one failed or has no finite number
};

struct TakenRung {
  int64_t epochs = 0;
  std::vector<RungScore> scores{};  // best first; of equal ones the lower number first
  std::vector<int64_t> go_on{};     // trials, ascending; after the last rung none
};

struct HalvedSearch {
  std::string name;                     // "latent_dim of gaussian"
  std::vector<int64_t> rungs;           // epochs of each
  std::vector<TakenRung> taken{};       // those of which every run has ended
  std::map<int64_t, size_t> highest{};  // of each trial, the rung that it has reached or is to be trained for
};

/// The best of these, as many as trials_after() says; none without a score.
std::vector<int64_t> going_on(const std::vector<RungScore>& scores, int64_t reduction_factor);

/// Every search by halving among the runs of a plan, as far as it has come.
std::vector<HalvedSearch> halved_searches(const std::vector<RunOutcome>& runs);

/// As plan.json keeps them.
nlohmann::ordered_json rungs_json(const std::vector<HalvedSearch>& searches);
/// "rung 1 of 4, 3 epochs: 9 of 27 trials go on (3, 7, 12); best so far: trial 7, validation elbo -91.20 nat"
std::string rung_sentence(const HalvedSearch& search, size_t rung);

/// Without the runs of trials at lower rungs than they have come to.
std::vector<RunOutcome> at_highest_rungs(const std::vector<RunOutcome>& runs);

}  // namespace elbo::host::report
