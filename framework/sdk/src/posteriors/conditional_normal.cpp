#include <elbo/coders.hpp>

#include <elbo/tensor.hpp>

namespace elbo {

ConditionalNormal::ConditionalNormal(int64_t in, const nn::MlpConfig& body, int64_t out, double initial_log_scale,
                                     Rng rng)
    : body_(part("body", std::make_shared<nn::Mlp>(in, body, rng.fork("body")))),
      mean_(
          part("mean", std::make_shared<nn::Linear>(body_->out(), out, rng.fork("mean"), nn::output_init(body.init)))),
      log_scale_(part("log_scale", std::make_shared<nn::Linear>(body_->out(), out, rng.fork("log_scale")))) {
  log_scale_->weight().detach().zero_();
  log_scale_->bias().detach().fill_(initial_log_scale);
}
ConditionalNormal::~ConditionalNormal() = default;

DiagonalNormalParams ConditionalNormal::of(const Tensor& given) const {
  const Tensor h = body_->forward(given);
  return {mean_->forward(h), soft_bound(log_scale_->forward(h), -7, 3)};
}

Tensor normal_log_prob(const DiagonalNormalParams& p, const Tensor& z) {
  return -(0.5 * ((z - p.mean) * (-p.log_scale).exp()).square() + p.log_scale + half_log_2pi).sum(-1);
}

HeldFixed::HeldFixed(const std::vector<const Module*>& modules, bool on) {
  if (!on) return;
  for (const Module* module : modules)
    for (const auto& [name, t] : module->named_parameters())
      if (t.requires_grad()) held_.push_back(t);
  for (Tensor& t : held_) t.requires_grad_(false);
}

HeldFixed::~HeldFixed() {
  for (Tensor& t : held_) t.requires_grad_(true);
}

}  // namespace elbo
