#include "train/step.hpp"

#include <cmath>

#include "experiment/objective_terms.hpp"

namespace elbo {
namespace {

void climb(const Run& run, const std::vector<Ascent>& ascents, double scale, Optimizer& optimizer) {
  optimizer.zero_grad();
  for (const Ascent& ascent : ascents) {
    const bool more = &ascent != &ascents.back();
    const Tensor loss = -scale * ascent.value;
    if (ascent.parameters.empty()) loss.backward({}, more);
    else loss.backward({}, more, false, ascent.parameters);
  }
  if (run.train.clip_norm > 0) optimizer.clip(run.train.clip_norm);
  optimizer.step();
}

}  // namespace

Objective train_step(const Run& run, const Model& model, const Feed& feed, Optimizer& optimizer, const Tensor& ids, const Rng& rng,
                     double epoch) {
  const ObjectiveConfig& config = run.objective;
  const Batch batch = feed.batch(Part::train, ids, rng);
  Rng noise = rng.fork("posterior").for_data(ids);
  const Forward pass = forward(model, batch, feed.view().scoring, draws(config), noise, latent_of(config));
  Objective objective = objective_of(model, feed, pass, config, epoch, rng.fork("objective"));
  if (!std::isfinite(objective.value.item<double>())) throw NotFinite(first_non_finite(model, pass));
  climb(run, objective.ascents, config.scale == "dataset" ? static_cast<double>(feed.size(Part::train)) : 1, optimizer);
  return objective;
}

}  // namespace elbo
