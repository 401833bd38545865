#include "plan/contradictions.hpp"

#include <fmt/format.h>

#include "metrics/evaluation.hpp"

namespace elbo {

int64_t test_passes(const TrainConfig& train) { return (train.max_epochs + train.test_every - 1) / train.test_every; }

std::vector<Contradiction> contradictions(const Run& run) {
  std::vector<Contradiction> found;
  if (run.schedule.name == "steps" && run.schedule.milestones.empty())
    found.push_back({"schedule",
                     "train.schedule.name is \"steps\" without milestones, so that the rate stays as it is; expected "
                     "train.schedule.milestones, "
                     "as in [100, 200]; add them or leave the schedule out"});
  if (run.log.images == 1)
    found.push_back({"log", "log.images is 1, and there are no sheets of one image; expected 0 or at least 2"});
  const int64_t passes = test_passes(run.train), patience = run.early_stopping.patience;
  if (!run.early_stopping.restore_best && patience >= passes)
    found.push_back(
        {"early_stopping", fmt::format("train.early_stopping.patience is {}, and there are {} passes over the "
                                       "validation data (train.max_epochs = {}, "
                                       "train.test_every = {}), so it stops nothing, and the best weights are not "
                                       "restored; expected less than {}; "
                                       "lower it, raise train.max_epochs or leave restore_best as it is",
                                       patience, passes, run.train.max_epochs, run.train.test_every, passes)});
  return found;
}

std::vector<Contradiction> contradictions_with_objective(const Run& run) {
  std::vector<Contradiction> found;
  if (run.objective_facts.has_posterior) return found;
  for (const std::string& metric : run.evaluate.metrics)
    if (const Evaluation* one = find_evaluation(metric); one && one->needs_posterior)
      found.push_back({"evaluate", fmt::format("evaluate.metrics has \"{}\" with objective.plugin = \"{}\", which has "
                                               "a point for a posterior, so there is no "
                                               "such number; leave it out or choose another objective",
                                               metric, run.objective.name)});
  return found;
}

}  // namespace elbo
