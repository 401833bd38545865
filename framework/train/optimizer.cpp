#include "train/optimizer.hpp"

// In this order: torch's clip_grad.h does not include what it uses.
#include <torch/optim.h>
// clang-format off
#include <torch/nn/utils/clip_grad.h>
// clang-format on

#include "train/fused_adam.hpp"

namespace elbo {
namespace {

std::unique_ptr<torch::optim::Optimizer> make(const OptimizerConfig& c, const std::vector<Tensor>& parameters) {
  using namespace torch::optim;
  const auto betas = std::make_tuple(c.beta1, c.beta2);
  if (c.name == "adam")
    return std::make_unique<FusedAdam<Adam>>(parameters, AdamOptions(c.lr).betas(betas).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "adamw")
    return std::make_unique<FusedAdam<AdamW>>(parameters, AdamWOptions(c.lr).betas(betas).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "adagrad")
    return std::make_unique<Adagrad>(parameters, AdagradOptions(c.lr).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "sgd")
    return std::make_unique<SGD>(parameters, SGDOptions(c.lr).momentum(c.momentum).weight_decay(c.weight_decay));
  if (c.name == "rmsprop")
    return std::make_unique<RMSprop>(
        parameters, RMSpropOptions(c.lr).alpha(c.alpha).eps(c.eps).momentum(c.momentum).weight_decay(c.weight_decay));
  throw UserError("train.optimizer: found '" + c.name + "'; expected adam, adamw, adagrad, sgd or rmsprop");
}

std::vector<Tensor> tensors_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const auto& [name, t] : named) tensors.push_back(t);
  return tensors;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const NamedTensors& parameters)
    : parameters_(tensors_of(parameters)), optimizer_(make(config, parameters_)) {}
Optimizer::~Optimizer() = default;

void Optimizer::set_rate(double lr) {
  for (auto& group : optimizer_->param_groups()) group.options().set_lr(lr);
}

// Gradients are dropped, not zeroed: the backward pass then writes instead of adding.
void Optimizer::zero_grad() {
  for (Tensor& p : parameters_) p.mutable_grad().reset();
}

void Optimizer::step() { optimizer_->step(); }

double Optimizer::clip(double max_norm) { return torch::nn::utils::clip_grad_norm_(parameters_, max_norm); }

}  // namespace elbo
