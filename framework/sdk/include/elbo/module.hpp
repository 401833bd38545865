// A tree of named parameters and buffers: what an optimiser trains and a checkpoint stores.
#pragma once
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <elbo/tensor.hpp>

namespace torch::nn {
class Module;
}

namespace elbo {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

class ELBO_EXPORT Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module();

  /// Trained tensors as "part.weight", depth first, in order of registration.
  NamedTensors named_parameters() const;
  /// Tensors that are stored but not trained.
  NamedTensors named_buffers() const;

  /// Moves every parameter and buffer in place, to the dtype (of floating-point ones) and device of t.
  void to_like(const Tensor& t);

  bool training() const { return training_; }
  void set_training(bool on);

 protected:
  /// Registers a trained tensor and returns the handle to keep: `initial` itself, unless it was computed with gradients.
  /// Throws Error on a name used twice.
  Tensor parameter(std::string name, Tensor initial);
  Tensor buffer(std::string name, Tensor initial);
  template <class M>
  std::shared_ptr<M> part(std::string name, std::shared_ptr<M> module) {
    static_assert(std::is_base_of_v<Module, M>,
                  "part() takes modules of elbo; register layers of torch::nn with add_module()");
    add_part(std::move(name), module);
    return module;
  }
  /// Registers a layer of torch::nn, given as a holder (torch::nn::GRU) or as a std::shared_ptr, and returns it. Its parameters are
  /// trained (those that require no gradient are only stored), its buffers are stored, and it follows the dtype, the device and
  /// the training mode of the plugin. Its header, such as <torch/nn/modules/rnn.h>, is for the plugin to include.
  template <class Layer>
  Layer add_module(std::string name, Layer layer) {
    if constexpr (std::is_convertible_v<Layer, std::shared_ptr<Module>>) add_part(std::move(name), layer);
    else if constexpr (requires { layer.ptr(); }) add_layer(std::move(name), layer.ptr());
    else add_layer(std::move(name), layer);
    return layer;
  }

 private:
  /// Called when set_training() has changed training().
  virtual void on_training();

  void add_part(std::string name, std::shared_ptr<Module> module);
  void add_layer(std::string name, std::shared_ptr<torch::nn::Module> layer);
  void collect(const std::string& prefix, bool trained, NamedTensors& into) const;

  NamedTensors parameters_, buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> parts_;
  bool training_ = true;
};

}  // namespace elbo
