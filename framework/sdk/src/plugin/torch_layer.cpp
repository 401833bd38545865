// A layer of torch::nn as a part of a module: the same tensors under both.
#include <torch/nn/module.h>

#include <elbo/component.hpp>

namespace elbo {
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
