#include "train/optimizer.hpp"

#include <fmt/format.h>

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

/// f(name, tensor or count) for what an update rule keeps of a parameter; torch has no list of them.
template <class F>
void for_each_part(torch::optim::OptimizerParamState& state, F&& f) {
  using namespace torch::optim;
  const auto moments = [&](auto& s) {
    f("step", s.step());
    f("exp_avg", s.exp_avg());
    f("exp_avg_sq", s.exp_avg_sq());
  };
  if (auto* adam = dynamic_cast<AdamParamState*>(&state)) moments(*adam);
  if (auto* adamw = dynamic_cast<AdamWParamState*>(&state)) moments(*adamw);
  if (auto* adagrad = dynamic_cast<AdagradParamState*>(&state)) {
    f("step", adagrad->step());
    f("sum", adagrad->sum());
  }
  if (auto* sgd = dynamic_cast<SGDParamState*>(&state)) f("momentum_buffer", sgd->momentum_buffer());
  if (auto* rmsprop = dynamic_cast<RMSpropParamState*>(&state)) {
    f("step", rmsprop->step());
    f("square_avg", rmsprop->square_avg());
    f("momentum_buffer", rmsprop->momentum_buffer());
  }
}

std::unique_ptr<torch::optim::OptimizerParamState> empty_state(const std::string& rule) {
  using namespace torch::optim;
  if (rule == "adam") return std::make_unique<AdamParamState>();
  if (rule == "adamw") return std::make_unique<AdamWParamState>();
  if (rule == "adagrad") return std::make_unique<AdagradParamState>();
  if (rule == "sgd") return std::make_unique<SGDParamState>();
  return std::make_unique<RMSpropParamState>();
}

/// torch keeps the states by address, as text in its first versions.
auto key_of(const Tensor& parameter) {
#if TORCH_VERSION_MAJOR >= 2
  return static_cast<void*>(parameter.unsafeGetTensorImpl());
#else
  return c10::guts::to_string(parameter.unsafeGetTensorImpl());
#endif
}

/// Reads the parts of one parameter's state out of a list of tensors, and counts those that it found.
struct PartReader {
  const NamedTensors& all;
  std::string prefix;
  const Tensor& parameter;
  size_t found = 0;

  const Tensor* find(const std::string& part) {
    for (const auto& [name, t] : all)
      if (name == prefix + part) return ++found, &t;
    return nullptr;
  }
  void operator()(const char* part, Tensor& t) {
    if (const Tensor* stored = find(part)) t = parameter.detach().clone().copy_(shaped(*stored));
  }
  void operator()(const char* part, int64_t& count) {
    if (const Tensor* stored = find(part)) count = stored->item<int64_t>();
  }
  const Tensor& shaped(const Tensor& stored) const {
    if (stored.sizes() == parameter.sizes()) return stored;
    throw Error("the optimiser's state of parameter " + prefix + " has shape " +
                to_string(Shape(stored.sizes().vec())) + "; expected that of the parameter");
  }
};

/// The rate that the file gives the part of the model that this parameter belongs to.
double rate_of(const std::string& parameter, const OptimizerConfig& config) {
  for (const auto& [part, rate] : OptimizerConfig::rates_of_parts())
    if (config.*rate > 0 && parameter.starts_with(std::string(part) + ".")) return config.*rate;
  return config.lr;
}

void must_have_parameters(const OptimizerConfig& config, const NamedTensors& parameters) {
  for (const auto& [part, rate] : OptimizerConfig::rates_of_parts()) {
    const auto is_its = [prefix = std::string(part) + "."](const auto& one) { return one.first.starts_with(prefix); };
    if (config.*rate > 0 && std::none_of(parameters.begin(), parameters.end(), is_its))
      throw UserError(fmt::format(
          "train.optimizer.{0}_lr is {1}, and the {0} has no trained parameters; expected a part that has some; leave "
          "{0}_lr out or choose another {0}",
          part, config.*rate));
  }
}

/// One group for each rate, in the order in which the parameters have them; one alone where all have the same.
std::vector<std::pair<double, std::vector<Tensor>>> groups_of(const OptimizerConfig& config,
                                                              const NamedTensors& parameters) {
  must_have_parameters(config, parameters);
  std::vector<std::pair<double, std::vector<Tensor>>> groups;
  for (const auto& [name, t] : parameters) {
    const double rate = rate_of(name, config);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == rate; });
    if (group == groups.end()) group = groups.insert(group, {rate, {}});
    group->second.push_back(t);
  }
  if (groups.empty()) groups.push_back({config.lr, {}});
  return groups;
}

std::vector<Tensor> tensors_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const auto& [name, t] : named) tensors.push_back(t);
  return tensors;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const NamedTensors& parameters)
    : rule_(config.name), parameters_(tensors_of(parameters)) {
  for (const auto& [rate, tensors] : groups_of(config, parameters)) {
    if (!optimizer_) optimizer_ = make(config, tensors);
    else optimizer_->add_param_group(torch::optim::OptimizerParamGroup(tensors));
    optimizer_->param_groups().back().options().set_lr(rate);
    rates_.push_back(rate);
  }
  two_parts_ = dynamic_cast<TwoPartUpdate*>(optimizer_.get());
}
Optimizer::~Optimizer() = default;

void Optimizer::scale_rates(double factor) {
  auto& groups = optimizer_->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) groups[i].options().set_lr(rates_[i] * factor);
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

NamedTensors Optimizer::state() const {
  NamedTensors all;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto stored = optimizer_->state().find(key_of(parameters_[i]));
    if (stored == optimizer_->state().end()) continue;
    const auto add = [&](const char* part, const auto& value) {
      const std::string name = std::to_string(i) + "." + part;
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Tensor>) {
        if (value.defined()) all.emplace_back(name, value);
      } else {
        all.emplace_back(name, at::full({}, value, at::TensorOptions(at::kLong)));
      }
    };
    for_each_part(*stored->second, add);
  }
  return all;
}

void Optimizer::set_state(const NamedTensors& state) {
  const at::NoGradGuard no_gradients;
  size_t found = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    PartReader reader{state, std::to_string(i) + ".", parameters_[i]};
    auto own = empty_state(rule_);
    for_each_part(*own, reader);
    if (reader.found > 0) optimizer_->state()[key_of(parameters_[i])] = std::move(own);
    found += reader.found;
  }
  if (found != state.size()) throw Error("the optimiser's state is not one of " + rule_);
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
