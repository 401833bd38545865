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

Tensor score(const Model& model, const Batch& batch, observation::Scoring scoring, const Theta& theta) {
  if (scoring == observation::Scoring::direct) return model.likelihood->log_prob(batch.x, theta);
  if (auto mass = model.likelihood->interval_log_prob(batch.lo, batch.hi, theta)) return *mass;
  throw Error(
      model.likelihood->label() +
      ": has no interval_log_prob; scoring a density on levels needs it; implement it or observe unit_interval");
}

Tensor log_joint_at(const Model& model, const Batch& batch, observation::Scoring scoring, const Tensor& z) {
  return score(model, batch, scoring, decode(model, z)) + model.prior->log_prob(z);
}

bool has_interval_log_prob(const Likelihood& likelihood) {
  const auto params = likelihood.params();
  const Shape x = Shape{1} + likelihood.context().observation.shape;
  return likelihood.interval_log_prob(zeros(x), ones(x), Theta(params, zeros({1, 1, numel(params)}))).has_value();
}

void initialise(Model& model, const Statistics& statistics) {
  const auto raw = model.likelihood->init_from(statistics);
  if (raw) model.decoder->set_output_bias(raw->detach().to(at::kFloat));
}

}  // namespace elbo::host
