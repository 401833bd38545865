#include <torch/nn/module.h>
#include <algorithm>

#include <elbo/component.hpp>

namespace elbo {
namespace {

void require_new(const std::string& name, const NamedTensors& taken) {
  const bool found = std::any_of(taken.begin(), taken.end(), [&](const auto& t) { return t.first == name; });
  if (found) throw Error("module: two tensors are registered as '" + name + "'; give each its own name");
}

/// The tensor itself, so that a layer that goes on using it is trained and moved with the module.
Tensor own(Tensor initial, const std::string& name) {
  if (!initial.defined()) throw Error("module: '" + name + "' is registered without a tensor; give it one");
  return initial.is_leaf() ? initial : initial.detach();
}

}  // namespace

Module::~Module() = default;

Tensor Module::parameter(std::string name, Tensor initial) {
  require_new(name, parameters_);
  Tensor t = own(std::move(initial), name).set_requires_grad(true);
  parameters_.emplace_back(std::move(name), t);
  return t;
}

Tensor Module::buffer(std::string name, Tensor initial) {
  require_new(name, buffers_);
  Tensor t = own(std::move(initial), name).set_requires_grad(false);
  buffers_.emplace_back(std::move(name), t);
  return t;
}

void Module::add_part(std::string name, std::shared_ptr<Module> module) {
  if (!module) throw Error("module: part '" + name + "' is registered without a module; construct it first");
  for (const auto& [taken, unused] : parts_)
    if (taken == name) throw Error("module: two parts are registered as '" + name + "'; give each its own name");
  parts_.emplace_back(std::move(name), std::move(module));
}

void Module::collect(const std::string& prefix, bool trained, NamedTensors& into) const {
  for (const auto& [name, t] : trained ? parameters_ : buffers_) into.emplace_back(prefix + name, t);
  for (const auto& [name, module] : parts_) module->collect(prefix + name + ".", trained, into);
}

NamedTensors Module::named_parameters() const {
  NamedTensors all;
  collect("", true, all);
  return all;
}

NamedTensors Module::named_buffers() const {
  NamedTensors all;
  collect("", false, all);
  return all;
}

void Module::to_like(const Tensor& like) {
  for (const bool trained : {true, false})
    for (auto& [name, t] : trained ? named_parameters() : named_buffers()) {
      const auto dtype = t.is_floating_point() ? like.scalar_type() : t.scalar_type();
      t.set_data(t.detach().to(like.device(), dtype));
    }
}

void Module::set_training(bool on) {
  training_ = on;
  on_training();
  for (const auto& [name, module] : parts_) module->set_training(on);
}

void Module::on_training() {}

namespace {

class TorchLayer final : public Module {
 public:
  explicit TorchLayer(std::shared_ptr<torch::nn::Module> layer) : layer_(std::move(layer)) {
    for (const auto& p : layer_->named_parameters()) {
      if (p.value().requires_grad()) parameter(p.key(), p.value());
      else buffer(p.key(), p.value());
    }
    for (const auto& b : layer_->named_buffers()) buffer(b.key(), b.value());
  }

 private:
  void on_training() override { layer_->train(training()); }

  std::shared_ptr<torch::nn::Module> layer_;
};

}  // namespace

void Module::add_layer(std::string name, std::shared_ptr<torch::nn::Module> layer) {
  if (!layer) throw Error("module: '" + name + "' is registered without a layer; construct it first");
  add_part(std::move(name), std::make_shared<TorchLayer>(std::move(layer)));
}

}  // namespace elbo
