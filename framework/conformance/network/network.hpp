// What encoders and decoders have in common: rows go in and numbers come out, by parameters that are trained.
#pragma once
#include "conformance/tools.hpp"

namespace elbo::host::conformance {

/// An encoder or a decoder to check. Rows are data for the one and latents for the other.
class Network {
 public:
  explicit Network(PluginChoice choice) : choice_(std::move(choice)) {}
  virtual ~Network() = default;

  const PluginChoice& choice() const { return choice_; }
  /// Made anew, in float64 and evaluation mode. Throws UserError.
  std::shared_ptr<Component> make(const PluginChoice& choice, const Shape& x, int64_t latents = 2,
                                  uint64_t seed = 1) const;
  std::shared_ptr<Component> make(const Shape& x, int64_t latents = 2, uint64_t seed = 1) const {
    return make(choice_, x, latents, seed);
  }

  /// The shapes of x that it accepts, the plainest first: a network may be made for images only, or for images of some size.
  /// Throws Failure with the reason when there is none.
  std::vector<Shape> shapes() const { return shapes(choice_); }
  std::vector<Shape> shapes(const PluginChoice& choice) const;

  /// What goes in: rows of ordinary size, or their dispersion `times` as large.
  virtual Tensor inputs(const Shape& x, int64_t latents, int64_t rows, uint64_t seed = 1, double times = 1) const = 0;
  /// All that comes out, each named and with the rows of the input first. Its noise is that of data with these ids [rows].
  virtual NamedTensors results(Component& network, const Tensor& input, const Tensor& ids) const = 0;
  NamedTensors results(Component& network, const Tensor& input) const;

  /// The results that must depend on the input, and what one of their columns is called.
  virtual size_t driven() const = 0;
  virtual std::string input_words(int64_t column) const = 0;
  virtual std::string output_words(int64_t column) const = 0;

 private:
  virtual std::shared_ptr<Component> create(const PluginChoice& choice, const Context& context) const = 0;

  PluginChoice choice_;
};

/// Of all results a sum with different weights, so that no two of their numbers cancel.
Tensor weighted_sum(const NamedTensors& results);
/// Throws Failure unless the derivatives of value() by each parameter and by each of `inputs` (leaves that require a gradient),
/// along a random direction, are its central differences: in float32 up to some hundredths.
void expect_directional_gradient(const Module& module, const NamedTensors& inputs, const std::function<Tensor()>& value,
                                 const std::string& what);

/// The same while the module is trained, where its values repeat: not under dropout.
void expect_directional_gradient_in_training(Module& module, const NamedTensors& inputs,
                                             const std::function<Tensor()>& value, const std::string& what);

/// Which parameters a gradient has reached: one may be without for some inputs, none for all.
class Reached {
 public:
  /// Throws Failure when a gradient of value() is not finite.
  void add(const Module& module, const Tensor& value);
  /// Throws Failure naming a parameter that no gradient has reached.
  void expect_all() const;

 private:
  std::vector<std::pair<std::string, std::string>> missing_;  // each with the sentence
  std::vector<std::string> reached_;
};

/// Throws Failure unless value(module, ...) has the same gradients, by all parameters and by the input [rows, ...] if it is a leaf, of
/// a module in float64 and of one in float32 with the same state: in evaluation and, where values repeat, in training as well.
void expect_same_gradients(Module& exact, Module& single, const Tensor& input,
                           const std::function<Tensor(Module&, const Tensor& input)>& value, const std::string& what,
                           bool in_training = true);

/// make(choice) with each option in turn, then use(made). Throws Skip without options, Failure naming the option. What the
/// plugin refuses with UserError is left out.
void expect_every_option(const PluginChoice& choice, const std::function<void(const PluginChoice&)>& use);

// network.cpp
void check_network_rows(const Network& network);
void check_network_thousand_rows(const Network& network);
void check_network_influence(const Network& network);
void check_network_outliers(const Network& network, double farthest);
// upkeep.cpp
void check_network_registered(const Network& network);
void check_network_modes(const Network& network);
void check_network_state(const Network& network);
void check_network_side_by_side(const Network& network);
void check_network_threads(const Network& network);
void check_network_memory(const Network& network);

}  // namespace elbo::host::conformance
