#include "train/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

// In this order: torch's clip_grad.h does not include what it uses.
#include <torch/optim.h>
// clang-format off
#include <torch/nn/utils/clip_grad.h>
// clang-format on

#include "train/fused_adam.hpp"

namespace elbo::host {
namespace {

std::unique_ptr<torch::optim::Optimizer> make(const OptimizerConfig& c, const std::vector<Tensor>& parameters) {
  using namespace torch::optim;
  const auto betas = std::make_tuple(c.beta1, c.beta2);
  if (c.name == "adam")
    return std::make_unique<FusedAdam<Adam>>(parameters,
                                             AdamOptions(c.lr).betas(betas).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "adamw")
    return std::make_unique<FusedAdam<AdamW>>(parameters,
                                              AdamWOptions(c.lr).betas(betas).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "adagrad")
    return std::make_unique<Adagrad>(parameters, AdagradOptions(c.lr).eps(c.eps).weight_decay(c.weight_decay));
  if (c.name == "sgd")
    return std::make_unique<SGD>(parameters, SGDOptions(c.lr).momentum(c.momentum).weight_decay(c.weight_decay));
  if (c.name == "rmsprop")
    return std::make_unique<RMSprop>(
        parameters, RMSpropOptions(c.lr).alpha(c.alpha).eps(c.eps).momentum(c.momentum).weight_decay(c.weight_decay));
  throw UserError("train.optimizer: found '" + c.name + "'; expected adam, adamw, adagrad, sgd or rmsprop");
}

Tensor on(const Tensor& t, const at::Device& device) { return t.defined() ? t.to(device) : t; }

/// The tensors that an update rule keeps of a parameter; torch has no name for all of them.
void move(torch::optim::OptimizerParamState& state, const at::Device& device) {
  using namespace torch::optim;
  const auto move_moments = [&](auto& s) {
    s.exp_avg(on(s.exp_avg(), device));
    s.exp_avg_sq(on(s.exp_avg_sq(), device));
  };
  if (auto* adam = dynamic_cast<AdamParamState*>(&state)) move_moments(*adam);
  if (auto* adamw = dynamic_cast<AdamWParamState*>(&state)) move_moments(*adamw);
  if (auto* adagrad = dynamic_cast<AdagradParamState*>(&state)) adagrad->sum(on(adagrad->sum(), device));
  if (auto* sgd = dynamic_cast<SGDParamState*>(&state)) sgd->momentum_buffer(on(sgd->momentum_buffer(), device));
  if (auto* rmsprop = dynamic_cast<RMSpropParamState*>(&state)) {
    rmsprop->square_avg(on(rmsprop->square_avg(), device));
    rmsprop->momentum_buffer(on(rmsprop->momentum_buffer(), device));
  }
}

std::vector<Tensor> tensors_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const auto& [name, t] : named) tensors.push_back(t);
  return tensors;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const NamedTensors& parameters)
    : parameters_(tensors_of(parameters)),
      optimizer_(make(config, parameters_)),
      two_parts_(dynamic_cast<TwoPartUpdate*>(optimizer_.get())) {}
Optimizer::~Optimizer() = default;

void Optimizer::set_rate(double lr) {
  for (auto& group : optimizer_->param_groups()) group.options().set_lr(lr);
}

// Gradients are dropped, not zeroed: the backward pass then writes instead of adding.
void Optimizer::zero_grad() {
  for (Tensor& p : parameters_) p.mutable_grad().reset();
}

void Optimizer::step() {
  if (counted_elsewhere_) two_parts_->apply();
  else optimizer_->step();
}

bool Optimizer::is_in_two_parts() const { return two_parts_ && two_parts_->is_in_two_parts(); }
void Optimizer::advance() { two_parts_->advance(); }

// torch's own reads the norm back.
void Optimizer::clip(double max_norm) {
  if (parameters_.front().is_cpu()) {
    torch::nn::utils::clip_grad_norm_(parameters_, max_norm);
    return;
  }
  std::vector<Tensor> norms;
  for (const Tensor& p : parameters_)
    if (p.grad().defined()) norms.push_back(p.grad().norm());
  if (norms.empty()) return;
  const Tensor factor = (max_norm / (elbo::stack(norms, 0).norm() + 1e-6)).clamp_max(1);
  for (const Tensor& p : parameters_)
    if (p.grad().defined()) p.grad().mul_(factor);
}

void Optimizer::state_to_parameters() {
  const at::Device device = parameters_.front().device();
  for (auto& [key, state] : optimizer_->state()) move(*state, device);
}

namespace {

// Burda et al. (2016): 3^i epochs at 10^(-i/7), i = 0..7.
double burda(int64_t epoch) {
  int64_t length = 1, end = 1;
  for (int i = 0; i < 7; ++i) {
    if (epoch < end) return std::pow(10.0, -i / 7.0);
    length *= 3;
    end += length;
  }
  return 0.1;
}

double shape(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs) {
  if (config.name == "steps") {
    const auto passed =
        std::count_if(config.milestones.begin(), config.milestones.end(), [&](int64_t m) { return epoch >= m; });
    return std::pow(config.factor, static_cast<double>(passed));
  }
  if (config.name == "exponential") return std::pow(config.factor, static_cast<double>(epoch));
  if (config.name == "cosine") {
    const double progress = static_cast<double>(epoch) / static_cast<double>(std::max<int64_t>(1, max_epochs - 1));
    return config.final_fraction +
           (1 - config.final_fraction) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
  }
  if (config.name == "burda") return burda(epoch);
  return 1;
}

}  // namespace

double rate_factor(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs) {
  const double warmup = config.warmup_epochs > 0
                            ? std::min(1.0, static_cast<double>(epoch + 1) / static_cast<double>(config.warmup_epochs))
                            : 1.0;
  return warmup * shape(config, epoch, max_epochs);
}

}  // namespace elbo::host
