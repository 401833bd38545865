// What the five kinds of plugins have in common: a label for messages and the context they were made in.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <elbo/module.hpp>
#include <elbo/observation.hpp>
#include <elbo/posterior.hpp>
#include <elbo/rng.hpp>
#include <elbo/theta.hpp>

namespace elbo {

class Likelihood;

/// A likelihood within another one, which scores some of the values of x for it.
struct LikelihoodPart {
  std::string name;             // as the experiment file calls it: a column, or "rest"
  std::vector<int64_t> places;  // of its values in x, counted row-major from 0
  std::shared_ptr<Likelihood> likelihood;
};

/// Everything the host knows when it makes a plugin.
struct Context {
  Observation observation;            // one datum, as the likelihood sees it
  int64_t latent_dim = 0;             // L
  std::vector<Param> decoder_output;  // what the likelihood asks of the decoder; empty for the likelihood itself
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
