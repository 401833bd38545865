#include "train/objective.hpp"

#include <elbo/tensor.hpp>

#include "experiment/settings.hpp"

namespace elbo::host {
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
  step.input_of = [&source](const Tensor& x) { return source.input_of(x); };
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
