#include "train/step.hpp"

#include <cmath>

#include "evaluate/hmc.hpp"
#include "evaluate/passes.hpp"
#include "experiment/objective_terms.hpp"
#include "kernels/precision.hpp"

namespace elbo {
namespace {

void climb(const Run& run, const std::vector<Ascent>& ascents, double scale, Optimizer& optimizer) {
  optimizer.zero_grad();
  for (const Ascent& ascent : ascents) {
    const bool more = &ascent != &ascents.back();
    const Tensor downwards = scalar_like(-scale, ascent.value);
    if (ascent.parameters.empty()) ascent.value.backward(downwards, more);
    else ascent.value.backward(downwards, more, false, ascent.parameters);
  }
  if (run.train.clip_norm > 0) optimizer.clip(run.train.clip_norm);
  optimizer.step();
}

/// One move of these data's chains towards p(z|x); the step size of all of them follows the acceptance.
void move_chains(const Run& run, const Model& model, const Batch& batch, data::Scoring scoring, const Rng& rng) {
  const HeldParameters held(model);
  const LogDensity log_joint = [&](const Tensor& z) { return log_joint_at(model, batch, scoring, z); };
  Chains& chains = *model.chains;
  const Tensor step = elbo::full({1}, chains.step(), batch.input).to(at::kDouble);
  const Move move = hmc_move(log_joint, chains.at(batch.ids), step, run.objective.leapfrog_steps, rng.fork("chain").for_data(batch.ids));
  chains.set(batch.ids, move.z);
  chains.set_step(adapted(step, {move.z, move.acceptance.mean(1, true)}, run.objective.acceptance).item<double>());
}

/// The objective of one pass, and the update of the weights that climbs it.
Objective update(const Run& run, const Model& model, const Feed& feed, const Batch& batch, Optimizer& optimizer, const Rng& rng, double epoch) {
  const ObjectiveConfig& config = run.objective;
  const kernels::Precision precision(run.train.precision);
  Rng noise = rng.fork("posterior").for_data(batch.ids);
  Forward pass = forward(model, batch, feed.view().scoring, draws(config), noise, latent_of(config));
  if (model.chains) pass.log_joint_of_chain = log_joint_at(model, batch, feed.view().scoring, model.chains->at(batch.ids)).squeeze(0);
  Objective objective = objective_of(model, feed, pass, config, epoch, rng.fork("objective"));
  if (objective.value.is_cpu() && !std::isfinite(sum_of(objective.value))) throw NotFinite(first_non_finite(model, pass));
  climb(run, objective.ascents, config.scale == "dataset" ? static_cast<double>(feed.size(Part::train)) : 1, optimizer);
  return objective;
}

}  // namespace

Objective train_step(const Run& run, const Model& model, const Feed& feed, Optimizer& optimizer, const Tensor& ids, const Rng& rng,
                     double epoch) {
  const Batch batch = feed.batch(Part::train, ids, rng);
  if (!model.chains) return update(run, model, feed, batch, optimizer, rng, epoch);
  move_chains(run, model, batch, feed.view().scoring, rng);
  Objective first = update(run, model, feed, batch, optimizer, rng, epoch);
  for (int64_t i = 1; i < run.objective.mcem_updates; ++i)
    update(run, model, feed, batch, optimizer, rng.fork("update", static_cast<uint64_t>(i)), epoch);
  return first;
}

}  // namespace elbo
