#include "train/step.hpp"

#include <cmath>

#include <elbo/tensor.hpp>

#include "experiment/settings.hpp"
#include "kernels/precision.hpp"
#include "train/accumulation.hpp"

namespace elbo::host {
namespace {

/// Those of an ascent that are trained; none are all of them.
std::vector<Tensor> trained(std::vector<Tensor> parameters) {
  std::erase_if(parameters, [](const Tensor& t) { return !t.requires_grad(); });
  return parameters;
}

void add_gradient(const std::vector<Ascent>& ascents, double scale) {
  for (const Ascent& ascent : ascents) {
    const bool more = &ascent != &ascents.back();
    const Tensor downwards = scalar_like(-scale, ascent.value);
    if (ascent.parameters.empty()) {
      ascent.value.backward(downwards, more);
    } else if (const std::vector<Tensor> followers = trained(ascent.parameters); !followers.empty()) {
      ascent.value.backward(downwards, more, false, followers);
    }
  }
}

/// Names the first term that is not finite: of the pass, in the order of computation, else of the objective.
std::string culprit(const Model& model, const Batch& batch, const Pass& pass, const ObjectiveValue& objective) {
  if (const std::string found = first_non_finite(model, batch, pass); !found.empty()) return found;
  for (const WeightedTerm& term : objective.weighted)
    if (!std::isfinite(term.value()))
      return model.objective->label() + ": its term " + term.name +
             (std::isnan(term.value()) ? " is nan" : " is infinite") + " on a pass that is finite";
  return "every term is finite, but not their sum";
}

ObjectiveValue objective_of(const Run& run, const Model& model, const BatchSource& source, const PartOfStep& part,
                            const Rng& rng, double epoch) {
  const Sampling sampling = model.objective->sampling();
  Rng noise = rng.fork("posterior").for_data(part.batch.ids);
  Pass pass =
      forward(model, part.batch, source.observation_model().scoring(), sampling.samples, noise, sampling.latent);
  pass.sampled_kl = sampling.sampled_kl;
  ObjectiveValue objective = host::objective_of(
      model, pass, step_on(model, source, part.batch, epoch, part.placed(rng.fork("objective"))), run.train);
  if (objective.value.is_cpu() && !std::isfinite(sum_of(objective.value)))
    throw NotFinite(culprit(model, part.batch, pass, objective));
  return objective;
}

/// The objective of a pass over each part, and the update of the weights that climbs it.
ObjectiveValue update(const Run& run, const Model& model, const BatchSource& source,
                      const std::vector<PartOfStep>& parts, Optimizer& optimizer, const Rng& rng, double epoch) {
  const kernels::Precision precision(run.train.precision);
  const double scale = run.train.gradient_scale == "dataset" ? static_cast<double>(source.size(Part::train)) : 1;
  std::vector<ObjectiveValue> values;
  for (const PartOfStep& part : parts) {
    ObjectiveValue objective = objective_of(run, model, source, part, rng, epoch);
    if (values.empty()) optimizer.zero_grad();
    add_gradient(objective.ascents, scale * part.share);
    if (parts.size() > 1) objective = without_graph(std::move(objective));
    values.push_back(std::move(objective));
  }
  if (run.train.clip_norm > 0) optimizer.clip(run.train.clip_norm);
  optimizer.step();
  return joined(std::move(values), parts);
}

}  // namespace

ObjectiveValue train_step(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer,
                          const Tensor& ids, const Rng& rng, double epoch) {
  const std::vector<PartOfStep> parts = parts_of_step(source, ids, run.train.batch_size, rng);
  for (const PartOfStep& part : parts)
    model.objective->prepare(step_on(model, source, part.batch, epoch, part.placed(rng)));
  ObjectiveValue first = update(run, model, source, parts, optimizer, rng, epoch);
  for (int64_t i = 1; i < model.objective->sampling().updates; ++i)
    update(run, model, source, parts, optimizer, rng.fork("update", static_cast<uint64_t>(i)), epoch);
  return first;
}

namespace {

/// log N(theta; 0, I) of all parameters of the model, scalar.
Tensor parameter_log_prior(const ModelParts& model) {
  Tensor sum;
  for (const auto& parameters : {model.inference_parameters(), model.generative_parameters()})
    for (const Tensor& t : parameters) {
      const Tensor log_p = -(0.5 * t.square() + half_log_2pi).sum();
      sum = sum.defined() ? sum + log_p : log_p;
    }
  return sum;
}

}  // namespace

std::vector<ObjectiveTerm> terms_at(const Model& model, const TrainConfig& config, double epoch) {
  std::vector<ObjectiveTerm> terms = model.objective->terms(epoch);
  if (has_parameter_prior(config)) terms.push_back(parameter_prior_term());
  return terms;
}

TrainingStep step_on(const Model& model, const BatchSource& source, const Batch& batch, double epoch, const Rng& rng) {
  TrainingStep step{model};
  step.ids = batch.ids;
  step.train_data = source.size(Part::train);
  step.epoch = epoch;
  step.rng = rng;
  step.log_joint = [&model, &source, &batch](const Tensor& z) {
    return log_joint_at(model, batch, source.observation_model().scoring(), z);
  };
  step.condition = batch.condition;
  step.input_of = [&source, &batch](const Tensor& x) {
    if (!source.observation_model().masked() || !x.sizes().equals(batch.x.sizes()))
      return source.input_of(x, batch.condition);
    return source.input_of(elbo::where(batch.x.isnan(), batch.x, x),
                           batch.condition);  // missing where the batch's values are
  };
  return step;
}

ObjectiveValue objective_of(const Model& model, const Pass& pass, const TrainingStep& step, const TrainConfig& config) {
  ObjectiveValue o;
  if (pass.z.is_cpu()) o.means = means_of(pass);
  else o.terms = terms_of(pass);
  ObjectiveValues values = model.objective->values(pass, step);
  const bool with_prior = has_parameter_prior(config);
  if (with_prior)
    values.terms[parameter_prior_term().name] = {parameter_log_prior(model), 1 / static_cast<double>(step.train_data)};
  std::vector<Summand> parts;
  for (const ObjectiveTerm& term : terms_at(model, config, step.epoch)) {
    const Summand& mean = values.terms.at(term.name);
    o.weighted.push_back({term.name, term.weight, mean});
    parts.push_back({mean.t, term.weight * mean.factor});
  }
  o.value = weighted_sum(parts);
  o.ascents = std::move(values.ascents);
  if (o.ascents.empty()) o.ascents = {{o.value, {}}};
  else if (with_prior)
    for (Ascent& ascent : o.ascents) ascent.value = ascent.value + o.weighted.back().mean.value();
  return o;
}

}  // namespace elbo::host
