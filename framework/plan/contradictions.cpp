#include "plan/contradictions.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  const EvaluateConfig& evaluate = run.evaluate;
  const bool has_marginal =
      std::find(evaluate.metrics.begin(), evaluate.metrics.end(), "marginal") != evaluate.metrics.end();
  if (const int64_t least = 3 * run.latent_dim + 2; has_marginal && evaluate.marginal_samples < least)
    found.push_back(
        {"evaluate", fmt::format("evaluate.metrics has \"marginal\" with evaluate.marginal_samples = {}; expected at "
                                 "least {} samples to fit a normal distribution in latent_dim = {} dimensions; raise "
                                 "marginal_samples or use \"ais\"",
                                 evaluate.marginal_samples, least, run.latent_dim)});
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

}  // namespace elbo
