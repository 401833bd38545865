// A tree of named parameters and buffers: what an optimiser trains and a checkpoint stores.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <elbo/tensor.hpp>

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
  /// Registers a trained tensor and returns the handle to keep. Throws Error on a name used twice.
  Tensor parameter(std::string name, Tensor initial);
  Tensor buffer(std::string name, Tensor initial);
  template <class M>
  std::shared_ptr<M> part(std::string name, std::shared_ptr<M> module) {
    add_part(std::move(name), module);
    return module;
  }

 private:
  void add_part(std::string name, std::shared_ptr<Module> module);
  void collect(const std::string& prefix, bool trained, NamedTensors& into) const;

  NamedTensors parameters_, buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> parts_;
  bool training_ = true;
};

}  // namespace elbo
