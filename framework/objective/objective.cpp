#include "objective/objective.hpp"

#include <map>

#include <elbo/math.hpp>

#include "experiment/objective_terms.hpp"
#include "objective/grouped_bound.hpp"
#include "objective/regularizers.hpp"
#include "objective/wake_sleep.hpp"

namespace elbo {
namespace {

using Values = std::map<std::string, Summand>;  // means over the batch

Summand scalar(const Tensor& t) { return {t, 1}; }

/// Of values [B], or [S, B].
Summand mean_of(const Tensor& t) { return {t, 1 / static_cast<double>(t.numel())}; }

std::vector<Tensor> tensors_of(const std::vector<const Module*>& parts) {
  std::vector<Tensor> tensors;
  for (const Module* part : parts)
    for (const auto& [name, t] : part->named_parameters()) tensors.push_back(t);
  return tensors;
}

std::vector<Tensor> inference_parameters(const Model& m) { return tensors_of({m.encoder.get()}); }
std::vector<Tensor> generative_parameters(const Model& m) { return tensors_of({m.decoder.get(), m.prior.get(), m.likelihood.get()}); }

const Tensor& closed_form_kl(const Forward& pass, const Model& model) {
  if (pass.kl_per_dim) return *pass.kl_per_dim;
  throw Error("free bits are counted for each latent dimension, and " + model.prior->label() + " with the posterior of " +
              model.encoder->label() + " has no KL in closed form; use another prior or posterior, or regularizer = \"kl\"");
}

void add_kl_parts(const Model& model, const Feed& feed, const Forward& pass, const ObjectiveConfig& config, Values& values) {
  const auto q = pass.posterior->diagonal_normal();
  if (!q) throw Error(model.encoder->label() + ": regularizer = \"total_correlation\" expected a diagonal normal posterior; choose that one");
  const KlParts parts = kl_parts(pass.z, *q, *model.prior, feed.size(Part::train), config.tc_estimator);
  values["mutual_information"] = scalar(parts.mutual_information);
  values["total_correlation"] = scalar(parts.total_correlation);
  values["dimension_kl"] = scalar(parts.dimension_kl);
}

/// log N(theta; 0, I) of all parameters, scalar.
Tensor parameter_log_prior(const Model& model) {
  Tensor sum;
  for (const auto& [name, t] : model.named_parameters()) {
    const Tensor log_p = -(0.5 * t.square() + half_log_2pi).sum();
    sum = sum.defined() ? sum + log_p : log_p;
  }
  return sum;
}

/// What this bound and regularizer have beside the terms of every ELBO.
void add_own_values(const Model& model, const Feed& feed, const Forward& pass, const ObjectiveConfig& c, double epoch, const Rng& rng, Values& values) {
  if (c.bound == "wake_sleep") {
    Rng dream = rng.fork("dream");
    values["wake"] = mean_of(wake(pass));
    values["sleep"] = mean_of(sleep(model, feed, pass, dream));
  } else if (c.bound == "mcem") {
    values["chain"] = mean_of(pass.log_joint_of_chain);
  } else if (c.bound != "elbo") {
    values["iw_bound"] = mean_of(importance_bound(pass, c, beta_at(c, epoch)));
  } else if (c.regularizer == "capacity") {
    values["capacity_gap"] = scalar((values["kl"].value() - capacity_at(c, epoch)).abs());
  } else if (c.regularizer == "total_correlation") {
    add_kl_parts(model, feed, pass, c, values);
  } else if (c.regularizer == "mmd") {
    Rng prior = rng.fork("prior");
    const Tensor p = model.prior->sample(pass.z.size(1), prior).to(pass.z.scalar_type());
    values["mmd"] = scalar(mmd_squared(pass.z.select(0, 0), p.detach(), c.mmd_kernel));
  } else if (c.regularizer != "kl") {
    values["kl_floored"] = mean_of(floored_kl(closed_form_kl(pass, model), c.free_bits, c.regularizer == "free_bits_per_example"));
  }
}

Summand kl_of(const Forward& pass, const ObjectiveConfig& c) {
  const bool closed_form = pass.kl_per_dim && c.kl == "analytic";
  return closed_form ? Summand{*pass.kl_per_dim, 1 / static_cast<double>(pass.kl_per_dim->size(0))} : mean_of(pass.log_q - pass.log_prior);
}

Values values_of(const Model& model, const Feed& feed, const Forward& pass, const ObjectiveConfig& c, double epoch, const Rng& rng) {
  Values values = {{"reconstruction", mean_of(pass.reconstruction)}};
  if (pass.log_q.defined()) {
    values["kl"] = kl_of(pass, c);
    if (c.bound == "ciwae" || c.bound == "mcem") values["elbo"] = mean_of(terms_of(pass, c).elbo);
    add_own_values(model, feed, pass, c, epoch, rng, values);
  }
  if (c.parameter_prior == "normal")
    values["parameter_log_prior"] = {parameter_log_prior(model), 1 / static_cast<double>(feed.size(Part::train))};
  return values;
}

/// Gradient of the encoder's part w_k-weighted once more (Tucker et al. 2019), on a pass with Latent::path. The other
/// parameters see sum_k w_k grad log w_k, as in the bound itself.
Tensor doubly_reparameterised(const Forward& pass, int64_t groups) {
  const Tensor log_w = pass.log_weight();
  const auto shape = log_w.sizes();
  const Tensor w = log_w.detach().reshape({groups, shape[0] / groups, shape[1]}).softmax(1).reshape(shape);
  if (pass.z.requires_grad()) pass.z.register_hook([w](Tensor gradient) { return gradient * w.unsqueeze(2); });
  return (w * log_w).sum(0).mean() / static_cast<double>(groups);
}

std::vector<Ascent> ascents_of(const Model& model, const Forward& pass, const ObjectiveConfig& c, double epoch, const Tensor& value, const Values& values) {
  if (c.gradient == "dreg") {
    const Tensor rest = values.contains("parameter_log_prior") ? values.at("parameter_log_prior").value() : elbo::zeros({}, value.detach());
    return {{doubly_reparameterised(pass, c.bound == "miwae" ? c.groups : 1) + rest, {}}};
  }
  if (c.bound == "piwae") {
    const Tensor grouped = grouped_bound(pass.reconstruction + beta_at(c, epoch) * (pass.log_prior - pass.log_q), c.groups).mean();
    return {{value, generative_parameters(model)}, {grouped + (value - values.at("iw_bound").value()), inference_parameters(model)}};
  }
  if (c.bound == "wake_sleep")
    return {{value - values.at("sleep").value(), generative_parameters(model)}, {value - values.at("wake").value(), inference_parameters(model)}};
  if (c.bound == "mcem")
    return {{value - values.at("elbo").value(), generative_parameters(model)}, {value - values.at("chain").value(), inference_parameters(model)}};
  return {{value, {}}};
}

}  // namespace

Latent latent_of(const ObjectiveConfig& config) {
  if (config.bound == "autoencoder") return Latent::mean;
  return config.gradient == "total" ? Latent::sample : Latent::path;
}

Objective objective_of(const Model& model, const Feed& feed, const Forward& pass, const ObjectiveConfig& config, double epoch, Rng rng) {
  Objective o;
  if (pass.z.is_cpu()) o.means = means_of(pass, config);
  else o.terms = terms_of(pass, config);
  const Values values = values_of(model, feed, pass, config, epoch, rng);
  std::vector<Summand> parts;
  for (const ObjectiveTerm& term : objective_terms(config, epoch)) {
    const Summand& mean = values.at(term.name);
    o.weighted.push_back({term.name, term.weight, mean});
    parts.push_back({mean.t, term.weight * mean.factor});
  }
  o.value = weighted_sum(parts);
  o.ascents = ascents_of(model, pass, config, epoch, o.value, values);
  return o;
}

}  // namespace elbo
