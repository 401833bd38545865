#include "conformance/objective/linear_gaussian.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <numbers>

#include <elbo/posterior.hpp>
#include <elbo/tensor.hpp>

#include "conformance/tools.hpp"
#include "metrics/summary.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double scale_of_noise = 0.6;  // s
const std::vector<double> columns = {1, 0, 0, 0.8, 0.5, 0}, offset = {0.2, -0.1, 0.3}, one_datum = {1.1, -0.9, 0.4};

Tensor of_w() { return tensor_of(columns, {3, 2}).to(at::kDouble); }
/// W^T W + s^2 I, a diagonal [2]
Tensor diagonal_of_m() { return of_w().square().sum(0) + scale_of_noise * scale_of_noise; }

class LinearEncoder final : public Encoder {
 public:
  LinearEncoder(double shift, double log_width) {
    const Tensor scale = scale_of_noise / diagonal_of_m().sqrt(),
                 weight = (of_w().t() / diagonal_of_m().unsqueeze(1)).contiguous();
    weight_ = parameter("weight", weight);
    bias_ = parameter("bias", shift * scale - weight.matmul(doubles(offset)));
    log_scale_ = parameter("log_scale", scale.log() + log_width);
  }

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    const Tensor mean = x.matmul(weight_.t()) + bias_;
    return posteriors::diagonal_normal(mean, log_scale_.expand_as(mean));
  }
  Tensor weight_, bias_, log_scale_;
};

class LinearDecoder final : public Decoder {
  Tensor do_decode(const Tensor& z) override { return z.matmul(weight_.t()) + bias_; }
  Tensor weight_ = parameter("weight", of_w()), bias_ = parameter("bias", doubles(offset));
};

class NormalPrior final : public Prior {
  Tensor do_log_prob(const Tensor& z) const override { return -(0.5 * z.square() + half_log_2pi).sum(2); }
  Tensor do_sample(int64_t n, Rng& rng) const override { return rng.normal({1, n, 2}).squeeze(0); }
  std::optional<Tensor> do_kl(const Posterior& q) const override { return kl_to_standard_normal(q); }
};

class NormalLikelihood final : public Likelihood {
  Support do_support() const override { return Support::real; }
  std::vector<DecoderOutput> do_params() const override { return {{"loc", {3}}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return -(0.5 * ((x - theta["loc"]) / scale_of_noise).square() + std::log(scale_of_noise) + half_log_2pi).sum(2);
  }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  Tensor do_sample(const Theta& theta, Rng& rng) const override {
    return theta["loc"] + scale_of_noise * rng.normal(theta["loc"].sizes().vec());
  }
};

template <class Part>
std::shared_ptr<Part> attached(std::shared_ptr<Part> part, const char* label, const Context& context) {
  part->attach(label, context);
  return part;
}

/// log q(z|x) with the posterior's parameters held fixed.
Tensor path_log_q(const Posterior& q, const Tensor& z) {
  const auto p = *q.diagonal_normal();
  return *posteriors::diagonal_normal(p.mean.detach(), p.log_scale.detach())->log_prob(z);
}

Context context_of_model() {
  Context context;
  context.observation = {{3}, Support::real, 0};
  context.latent_dim = 2;
  context.decoder_output = {{"loc", {3}}};
  return context;
}

}  // namespace

LinearGaussian::LinearGaussian(double shift, double log_width) {
  const Context context = context_of_model();
  model_.latent_dim = 2;
  model_.encoder = attached(std::make_shared<LinearEncoder>(shift, log_width), "encoder:linear_gaussian", context);
  model_.decoder = attached(std::make_shared<LinearDecoder>(), "decoder:linear_gaussian", context);
  model_.prior = attached(std::make_shared<NormalPrior>(), "prior:linear_gaussian", context);
  model_.likelihood = attached(std::make_shared<NormalLikelihood>(), "likelihood:linear_gaussian", context);
}

NamedTensors LinearGaussian::named_parameters() const {
  NamedTensors all;
  const std::pair<const char*, const Module*> parts[] = {{"encoder.", model_.encoder.get()},
                                                         {"decoder.", model_.decoder.get()}};
  for (const auto& [prefix, part] : parts)
    for (const auto& [name, t] : part->named_parameters()) all.emplace_back(prefix + name, t);
  return all;
}

Tensor LinearGaussian::data(int64_t rows) const { return doubles(one_datum).expand({rows, 3}).contiguous(); }

double LinearGaussian::evidence() const {
  const LinearGaussian tight(0, 0);  // where q(z|x) is the posterior, the ELBO is log p(x)
  return number(*tight.exact(metrics::elbo, {}));
}

Tensor LinearGaussian::expected_log_lik(const Posterior& q, bool at_the_mean) const {
  const auto p = *q.diagonal_normal();
  const Tensor weight = model_.decoder->named_parameters().front().second;
  const Tensor residual = (data(1) - model_.decoder->decode(p.mean)).square().sum();
  const Tensor spread = ((2 * p.log_scale).exp() * weight.square().sum(0)).sum();
  const Tensor squares = at_the_mean ? residual : residual + spread;
  return -squares / (2 * scale_of_noise * scale_of_noise) - 3 * (std::log(scale_of_noise) + half_log_2pi);
}

std::optional<Tensor> LinearGaussian::exact(const std::string& term, const Sampling& sampling) const {
  const auto q = model_.encoder->encode(data(1));
  const bool is_point = sampling.latent == Latent::mean;
  if (term == metrics::reconstruction.name) return expected_log_lik(*q, is_point);
  if (is_point || (term != metrics::kl.name && term != metrics::elbo.name)) return {};
  const Tensor kl = model_.prior->kl(*q)->sum();
  return term == metrics::kl.name ? kl : expected_log_lik(*q, false) - kl;
}

Pass LinearGaussian::pass(const Sampling& sampling, int64_t rows, const Rng& rng) const {
  const Tensor x = data(rows);
  Pass pass;
  pass.sampled_kl = sampling.sampled_kl;
  pass.posterior = model_.encoder->encode(x);
  if (sampling.latent == Latent::mean) {
    pass.z = pass.posterior->mean().unsqueeze(0);
  } else {
    Rng drawn = rng.fork("posterior").like(x);
    Sample draw = pass.posterior->draw(sampling.samples, drawn);
    pass.z = sampling.latent == Latent::score ? draw.z.detach() : draw.z;
    pass.log_q = draw.log_prob;
    if (sampling.latent == Latent::path) pass.log_q = path_log_q(*pass.posterior, pass.z);
    if (sampling.latent == Latent::score) pass.log_q = *pass.posterior->log_prob(pass.z);
    pass.log_prior = model_.prior->log_prob(pass.z);
    pass.kl_per_dim = model_.prior->kl(*pass.posterior);
  }
  pass.log_lik = model_.likelihood->log_prob(x, decode(model_, pass.z));
  return pass;
}

TrainingStep LinearGaussian::step(int64_t rows, double epoch, const Rng& rng) const {
  const Tensor x = data(rows);
  TrainingStep step{model_};
  step.ids = at::arange(rows, at::TensorOptions(at::kLong));
  step.train_data = objective_data;
  step.epoch = epoch;
  step.rng = rng.fork("objective").like(x);
  step.log_joint = [x, model = model_](const Tensor& z) {
    return model.likelihood->log_prob(x, decode(model, z)) + model.prior->log_prob(z);
  };
  step.input_of = [](const Tensor& drawn) { return drawn; };
  return step;
}

std::shared_ptr<Objective> make_objective(const PluginChoice& choice, const LinearGaussian& model, uint64_t seed) {
  Context context = context_of_model();
  context.rng = Rng(seed);
  auto objective = plugins::make_plugin<Objective>(choice, context);
  objective->begin(model.model(), objective_data, Rng(seed));
  objective->to_like(at::empty({}, at::kDouble));
  return objective;
}

}  // namespace elbo::host::conformance
