#include "cli/growing_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "cli/output.hpp"
#include "launch/run_folder.hpp"
#include "plan/halving.hpp"
#include "report/comparison.hpp"
#include "report/results/read_runs.hpp"
#include "report/search_rungs.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
using namespace launch;

std::vector<report::RunOutcome> outcomes(const Plan& plan, const fs::path& out) {
  std::vector<report::RunOutcome> all;
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    report::RunOutcome outcome{run.variant, run.seed, std::nullopt, folder.failure()};
    try {
      if (folder.state() == RunState::done) outcome = report::read_run(folder.log());
    } catch (const Error& error) {
      outcome.failure = error.what();
    }
    outcome.variant = run.variant;
    outcome.seed = run.seed;
    const size_t points_once = outcome.sweep.points;  // the file may have had more of them when the run was made
    outcome.sweep = report::sweep_in(to_json(run));
    if (!outcome.sweep.name.empty()) outcome.sweep.points = std::max(outcome.sweep.points, points_once);
    outcome.seed_rule = run.seed_rule;
    all.push_back(std::move(outcome));
  }
  return all;
}

namespace {

/// What the looks at all runs of the plan have decided, a ranking each.
nlohmann::ordered_json looks_of(const report::Comparison& comparison) {
  auto all = nlohmann::ordered_json::array();
  for (const report::Ranking& ranking : comparison.rankings)
    if (auto looks = report::looks_json(ranking); !looks.empty())
      all.push_back({{"measure", ranking.measure}, {"looks", std::move(looks)}});
  return all;
}

/// Looks decide by their runs alone: otherwise than before only where these have changed, which is said. Whether all that was decided before
/// holds, and nothing is new.
bool are_recorded(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now) {
  bool all = before.size() >= now.size();
  for (size_t r = 0; r < std::min(before.size(), now.size()); ++r) {
    const auto &was = before[r]["looks"], &is = now[r]["looks"];
    all = all && was.size() >= is.size();
    for (size_t k = 0; k < std::min(was.size(), is.size()); ++k) {
      if (was[k] == is[k]) continue;
      print("since the last time, runs or variants of look {} have changed: what it decides now holds\n", k + 1);
      return false;
    }
  }
  return all;
}

/// Takes the looks that have all their runs, records them and adds the runs of the next to the plan. Whether there are any.
bool take_look(Plan& plan, const fs::path& out) {
  if (!seed_rule_of(plan)) return false;
  const report::Comparison comparison = report::compare(outcomes(plan, out));
  if (auto looks = looks_of(comparison); !are_recorded(plan.looks, looks)) plan.looks = std::move(looks);
  const size_t added = add_seeds(plan, comparison.seeds_wanted);
  write_plan(plan, out / "plan.json");
  for (const report::Ranking& ranking : comparison.rankings)
    if (added > 0 && ranking.looks && !ranking.looks->taken.empty())
      print("{}\n", report::look_sentence(*ranking.looks, ranking.looks->taken.size() - 1));
  return added > 0;
}

/// The same of a search by halving: takes the rungs that have all their runs and adds those of the trials that go on.
bool take_rungs(Plan& plan, const fs::path& out) {
  if (!is_halving(plan)) return false;
  const auto searches = report::halved_searches(outcomes(plan, out));
  if (auto rungs = report::rungs_json(searches); rungs != plan.rungs) plan.rungs = std::move(rungs);
  auto runs = runs_at_rungs(plan.trials, [&](const Run& trial) -> size_t {
    const std::string name = report::sweep_in(to_json(trial)).name;
    for (const report::HalvedSearch& search : searches)
      if (const auto rung = search.highest.find(trial.sweep.trial); search.name == name && rung != search.highest.end())
        return rung->second;
    return 0;
  });
  std::set<std::string> known;
  for (const Run& run : plan.runs) known.insert(run.folder());
  const bool any = std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return !known.contains(run.folder()); });
  plan.runs = std::move(runs);
  write_plan(plan, out / "plan.json");
  for (const report::HalvedSearch& search : searches)
    if (any && !search.taken.empty()) print("{}\n", report::rung_sentence(search, search.taken.size() - 1));
  return any;
}

}  // namespace

bool grow(Plan& plan, const fs::path& out) {
  bool any = false;
  while (take_look(plan, out) || take_rungs(plan, out)) any = true;
  return any;
}

void keep_looks(Plan& plan, const fs::path& out) {
  if (!fs::exists(out / "plan.json")) return;
  Plan before;
  try {
    before = read_plan(out / "plan.json");
  } catch (const Error&) {
    return;  // of another version of the program
  }
  if (before.looks.empty()) return;
  if (seed_rule_of(before) != seed_rule_of(plan))
    throw UserError(
        fmt::format("{}: looks were taken here with seeds until decided, by another rule than this file's; expected "
                    "the same seeds = {{ "
                    "... }}, since a rule that is changed after a look does not keep its level; choose another folder "
                    "with --out DIR",
                    out.string()));
  plan.looks = before.looks;
}

}  // namespace elbo::host::cli
