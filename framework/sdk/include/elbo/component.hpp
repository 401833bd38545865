// What the five kinds of plugins have in common: parameters and buffers, the decoder's output by names, and the context they are
// made in. Nothing throws but what is said to.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <elbo/observation.hpp>
#include <elbo/random.hpp>

namespace torch::nn {
class Module;
}

namespace elbo {

class Posterior;

// ----------------------------------------------------------------------------------------- modules

// A tree of named parameters and buffers: what an optimiser trains and a checkpoint stores.

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

  /// Moves every parameter and buffer in place, to the dtype (of floating-point ones) and device of t. Throws c10::Error where the
  /// device is not there or its memory is full.
  void to_like(const Tensor& t);

  bool training() const { return training_; }
  /// Throws what on_training() throws.
  void set_training(bool on);

 protected:
  /// Registers a trained tensor and returns the handle to keep: `initial` itself, unless it was computed with gradients.
  /// Throws Error on a name used twice and on an undefined tensor; part() and add_module() on a name used twice and on none.
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
  /// the training mode of the plugin. Throws Error as part() does. Its header, such as <torch/nn/modules/rnn.h>, is for the plugin to include.
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

// ---------------------------------------------------------------------------- the decoder's output

// The decoder's output, split by the names that the likelihood gave its parameters.

/// One named block of raw (unconstrained) decoder output, per data point.
struct DecoderOutput {
  std::string name;
  Shape shape;
};

/// Values per data point that a decoder must give for these parameters.
ELBO_EXPORT int64_t numel(const std::vector<DecoderOutput>& params);

class ELBO_EXPORT Theta {
 public:
  /// flat is [S, B, numel(params)]. Throws Error when its last size differs.
  Theta(const std::vector<DecoderOutput>& params, const Tensor& flat);
  /// theta["loc"] is [S, B, shape...]. Throws Error listing the names there are.
  const Tensor& operator[](std::string_view name) const;
  int64_t samples() const { return flat_.size(0); }
  int64_t batch() const { return flat_.size(1); }
  const Tensor& flat() const { return flat_; }

 private:
  Tensor flat_;
  std::vector<std::pair<std::string, Tensor>> parts_;
};

// -------------------------------------------------------------------------------------- components

class Likelihood;

/// A likelihood within another one, which scores some of the values of x for it.
struct LikelihoodPart {
  std::string name;              // as the experiment file calls it: a column, or "rest"
  std::vector<int64_t> columns;  // of its values in x, counted row-major from 0
  std::shared_ptr<Likelihood> likelihood;
};

/// Everything the host knows when it makes a plugin.
struct Context {
  Observation observation;    // one data point, as the likelihood sees it
  int64_t latent_dim = 0;     // L; of a decoder of p(x|z,c) the latents and then c
  int64_t condition_dim = 0;  // C: of a decoder, how many of latent_dim are c, the last ones
  std::vector<DecoderOutput>
      decoder_output;                 // what the likelihood asks of the decoder; empty for the likelihood itself
  Rng rng{0};                         // for initial weights
  std::vector<LikelihoodPart> parts;  // of a likelihood that contains others
  /// The model's encoder, x [n, X...] -> q(z|x), for a prior that is made of posteriors; empty for the other kinds.
  std::function<std::unique_ptr<Posterior>(const Tensor& x)> encode;
};

class ELBO_EXPORT Component : public Module {
 public:
  ~Component() override;
  /// "likelihood:gaussian"
  const std::string& label() const { return label_; }
  const Context& context() const { return context_; }
  /// Called once by the host, right after construction.
  void attach(std::string label, const Context& context);

 protected:
  /// Throws Error "<label>: <function> returned [..], expected [..]; <advice>" when the shapes differ.
  void check_shape(const Tensor& t, const Shape& expected, const char* function, const char* advice) const;
  /// The same for an argument that the host or a test passes.
  void check_argument(const Tensor& t, const Shape& expected, const char* function, const char* argument) const;

 private:
  std::string label_ = "plugin";
  Context context_;
};

}  // namespace elbo
