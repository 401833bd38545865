#include "report/search_rungs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.hpp"
#include "metrics/metrics.hpp"
#include "metrics/statistics.hpp"
#include "plan/halving.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

constexpr double no_score = -std::numeric_limits<double>::infinity();

/// The runs of one search, by epochs and trial.
using RunsOfSearch = std::map<int64_t, std::map<int64_t, std::vector<const RunOutcome*>>>;

bool run_has_ended(const RunOutcome& run) { return run.summary || !run.failure.empty() || run.has_failed; }

double score_of_runs(const std::vector<const RunOutcome*>& seeds) {
  std::vector<double> scores;
  for (const RunOutcome* run : seeds) {
    const auto score = run->refused ? std::nullopt : run->value(metrics::valid_elbo);
    if (!score || !std::isfinite(*score)) return no_score;
    scores.push_back(*score);
  }
  return scores.empty() ? no_score : mean(scores);
}

/// Nothing where a run of one of these trials is missing or has not ended.
std::vector<RungScore> scores_at(const std::map<int64_t, std::vector<const RunOutcome*>>& runs,
                                 const std::set<int64_t>& trials) {
  std::vector<RungScore> scores;
  for (const int64_t trial : trials) {
    const auto found = runs.find(trial);
    if (found == runs.end() || !std::all_of(found->second.begin(), found->second.end(),
                                            [](const RunOutcome* run) { return run_has_ended(*run); }))
      return {};
    scores.push_back({trial, score_of_runs(found->second)});
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const RungScore& a, const RungScore& b) { return a.score > b.score; });
  return scores;
}

void take_rungs(HalvedSearch& search, const RunsOfSearch& runs, int64_t reduction_factor) {
  std::set<int64_t> trials;
  const auto first = runs.find(search.rungs.front());
  if (first == runs.end()) return;
  for (const auto& [trial, seeds] : first->second) trials.insert(trial);
  static const std::map<int64_t, std::vector<const RunOutcome*>> none;
  for (size_t rung = 0; rung < search.rungs.size() && !trials.empty(); ++rung) {
    for (const int64_t trial : trials) search.highest[trial] = rung;
    const auto at = runs.find(search.rungs[rung]);
    TakenRung taken{.epochs = search.rungs[rung], .scores = scores_at(at == runs.end() ? none : at->second, trials)};
    if (taken.scores.empty()) return;
    if (rung + 1 < search.rungs.size()) taken.go_on = going_on(taken.scores, reduction_factor);
    trials = {taken.go_on.begin(), taken.go_on.end()};
    search.taken.push_back(std::move(taken));
  }
}

}  // namespace

std::vector<int64_t> going_on(const std::vector<RungScore>& scores, int64_t reduction_factor) {
  const size_t most = trials_after(scores.size(), reduction_factor);
  std::vector<int64_t> trials;
  for (const RungScore& one : scores)
    if (trials.size() < most && one.score > no_score) trials.push_back(one.trial);
  std::sort(trials.begin(), trials.end());
  return trials;
}

std::vector<HalvedSearch> halved_searches(const std::vector<RunOutcome>& runs) {
  std::vector<HalvedSearch> searches;
  std::map<std::string, RunsOfSearch> by_search;
  std::map<std::string, int64_t> factors;
  for (const RunOutcome& run : runs) {
    if (run.sweep.rungs.empty()) continue;
    auto [of, is_new] = by_search.try_emplace(run.sweep.name);
    if (is_new) searches.push_back({.name = run.sweep.name, .rungs = run.sweep.rungs});
    factors[run.sweep.name] = run.sweep.reduction_factor;
    of->second[run.sweep.epochs][run.sweep.trial].push_back(&run);
  }
  for (HalvedSearch& search : searches) take_rungs(search, by_search.at(search.name), factors.at(search.name));
  return searches;
}

Json rungs_json(const std::vector<HalvedSearch>& searches) {
  Json all = Json::array();
  for (const HalvedSearch& search : searches) {
    Json rungs = Json::array();
    for (const TakenRung& taken : search.taken) {
      Json scores = Json::array();
      for (const RungScore& one : taken.scores)
        scores.push_back({{"trial", one.trial}, {"score", std::isfinite(one.score) ? Json(one.score) : Json()}});
      rungs.push_back({{"epochs", taken.epochs}, {"scores", scores}, {"go_on", taken.go_on}});
    }
    if (!rungs.empty()) all.push_back({{"search", search.name}, {"epochs", search.rungs}, {"rungs", rungs}});
  }
  return all;
}

std::string rung_sentence(const HalvedSearch& search, size_t rung) {
  const TakenRung& taken = search.taken[rung];
  const RungScore& best = taken.scores.front();
  std::vector<std::string> trials;
  for (const int64_t trial : taken.go_on) trials.push_back(std::to_string(trial));
  return fmt::format("rung {} of {} of the search over {}, {}: {}{}", rung + 1, search.rungs.size(), search.name,
                     counted(static_cast<size_t>(taken.epochs), "epoch"),
                     trials.empty()
                         ? std::string(best.score > no_score ? "the last one" : "no trial has a result to go on from")
                         : fmt::format("{} of {} trials go on ({})", trials.size(), taken.scores.size(), join(trials)),
                     best.score > no_score
                         ? fmt::format("; best: trial {}, elbo on validation data {:.2f} nat", best.trial, best.score)
                         : "");
}

std::vector<RunOutcome> at_highest_rungs(const std::vector<RunOutcome>& runs) {
  std::map<std::pair<std::string, int64_t>, int64_t> most;  // epochs of each trial
  for (const RunOutcome& run : runs)
    if (!run.sweep.rungs.empty()) {
      int64_t& epochs = most[{run.sweep.name, run.sweep.trial}];
      epochs = std::max(epochs, run.sweep.epochs);
    }
  std::vector<RunOutcome> kept;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(kept), [&](const RunOutcome& run) {
    return run.sweep.rungs.empty() || run.sweep.epochs == most.at({run.sweep.name, run.sweep.trial});
  });
  return kept;
}

}  // namespace elbo::host::report
