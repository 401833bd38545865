#include "train/step.hpp"

#include <cmath>

#include "kernels/precision.hpp"

namespace elbo::host {
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

/// Names the first term that is not finite: of the pass, in the order of computation, else of the objective.
std::string culprit(const Model& model, const Pass& pass, const ObjectiveValue& objective) {
  if (const std::string found = first_non_finite(model, pass); !found.empty()) return found;
  for (const WeightedTerm& term : objective.weighted)
    if (!std::isfinite(term.value()))
      return model.objective->label() + ": its term " + term.name +
             (std::isnan(term.value()) ? " is nan" : " is infinite") + " on a pass that is finite";
  return "every term is finite, but not their sum";
}

/// The objective of one pass, and the update of the weights that climbs it.
ObjectiveValue update(const Run& run, const Model& model, const BatchSource& source, const Batch& batch,
                      Optimizer& optimizer, const Rng& rng, double epoch) {
  const kernels::Precision precision(run.train.precision);
  const Sampling sampling = model.objective->sampling();
  Rng noise = rng.fork("posterior").for_data(batch.ids);
  Pass pass = forward(model, batch, source.observation_model().scoring(), sampling.samples, noise, sampling.latent);
  pass.sampled_kl = sampling.sampled_kl;
  ObjectiveValue objective =
      objective_of(model, pass, step_on(model, source, batch, epoch, rng.fork("objective")), run.train);
  if (objective.value.is_cpu() && !std::isfinite(sum_of(objective.value)))
    throw NotFinite(culprit(model, pass, objective));
  climb(run, objective.ascents,
        run.train.gradient_scale == "dataset" ? static_cast<double>(source.size(Part::train)) : 1, optimizer);
  return objective;
}

}  // namespace

ObjectiveValue train_step(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer,
                          const Tensor& ids, const Rng& rng, double epoch) {
  const Batch batch = source.batch(Part::train, ids, rng);
  model.objective->prepare(step_on(model, source, batch, epoch, rng));
  ObjectiveValue first = update(run, model, source, batch, optimizer, rng, epoch);
  for (int64_t i = 1; i < model.objective->sampling().updates; ++i)
    update(run, model, source, batch, optimizer, rng.fork("update", static_cast<uint64_t>(i)), epoch);
  return first;
}

}  // namespace elbo::host
