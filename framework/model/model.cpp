#include "model/model.hpp"

namespace elbo::host {
namespace {

std::vector<std::pair<const char*, Module*>> parts(const Model& m) {
  std::vector<std::pair<const char*, Module*>> all = {{"encoder.", m.encoder.get()},
                                                      {"decoder.", m.decoder.get()},
                                                      {"prior.", m.prior.get()},
                                                      {"likelihood.", m.likelihood.get()}};
  if (m.objective) all.emplace_back("objective.", m.objective.get());
  return all;
}

NamedTensors collect(const Model& model, NamedTensors (Module::*list)() const) {
  NamedTensors all;
  for (const auto& [prefix, module] : parts(model))
    for (const auto& [name, t] : (module->*list)()) all.emplace_back(prefix + name, t);
  return all;
}

/// A value in the set of each column, for the places at which none is observed.
Tensor values_inside(const Observation& observation, const Tensor& like) {
  const Tensor values = elbo::zeros(observation.shape, like);
  for (size_t i = 0; i < observation.columns.size(); ++i) {
    const Support set = observation.columns[i].support;
    const Tensor value = values.select(0, static_cast<int64_t>(i));
    if (set == Support::unit_interval) value.fill_(0.5);
    if (set == Support::positive) value.fill_(1);
  }
  return values;
}

}  // namespace

NamedTensors Model::named_parameters() const { return collect(*this, &Module::named_parameters); }
NamedTensors Model::named_buffers() const { return collect(*this, &Module::named_buffers); }

void Model::set_training(bool on) {
  for (const auto& [prefix, module] : parts(*this)) module->set_training(on);
}

void Model::to_like(const Tensor& t) {
  for (const auto& [prefix, module] : parts(*this)) module->to_like(t);
}

bool has_posterior(const Model& model) { return model.objective->sampling().latent != Latent::mean; }

/// A likelihood sees a value of its set where x is NaN, since where() passes no gradient to what it does not choose, but 0 times infinity
/// would be NaN.
Tensor score_each(const Likelihood& likelihood, const Tensor& x, const Theta& theta) {
  const Tensor missing = x.isnan();
  const Tensor inside = values_inside(likelihood.context().observation, x);
  const auto each = likelihood.log_prob_per_value(elbo::where(missing, inside, x), theta);
  if (each) return each->masked_fill(missing, 0);
  throw Error(likelihood.label() + ": has no log_prob_per_value, which leaving missing values out needs");
}

Tensor score(const Model& model, const Batch& batch, observation::Scoring scoring, const Theta& theta) {
  if (scoring == observation::Scoring::direct) return model.likelihood->log_prob(batch.x, theta);
  if (scoring == observation::Scoring::observed) return elbo::sum_event(score_each(*model.likelihood, batch.x, theta));
  if (auto mass = model.likelihood->interval_log_prob(batch.lo, batch.hi, theta)) return *mass;
  throw Error(
      model.likelihood->label() +
      ": has no interval_log_prob; scoring a density on levels needs it; implement it or observe unit_interval");
}

Tensor log_joint_at(const Model& model, const Batch& batch, observation::Scoring scoring, const Tensor& z) {
  return score(model, batch, scoring, decode(model, z, batch.condition)) + model.prior->log_prob(z);
}

bool has_interval_log_prob(const Likelihood& likelihood) {
  const auto params = likelihood.params();
  const Shape x = Shape{1} + likelihood.context().observation.shape;
  return likelihood.interval_log_prob(zeros(x), ones(x), Theta(params, zeros({1, 1, numel(params)}))).has_value();
}

bool has_log_prob_per_value(const Likelihood& likelihood) {
  const auto params = likelihood.params();
  const Tensor x = values_inside(likelihood.context().observation, zeros({1})).unsqueeze(0);
  return likelihood.log_prob_per_value(x, Theta(params, zeros({1, 1, numel(params)}))).has_value();
}

void initialise(Model& model, const Statistics& statistics) {
  const auto raw = model.likelihood->init_from(statistics);
  if (raw) model.decoder->set_output_bias(raw->detach().to(at::kFloat));
}

}  // namespace elbo::host
