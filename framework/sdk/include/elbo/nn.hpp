// Layers for encoders and decoders. Their weights come from the host's generator, never from a global one.
#pragma once
#include <string>
#include <vector>

#include <elbo/module.hpp>
#include <elbo/options.hpp>
#include <elbo/rng.hpp>

namespace elbo::nn {

/// The names that activation() knows.
ELBO_EXPORT const std::vector<std::string>& activations();
/// Applies "tanh", "relu", "softplus", "elu", "silu", "leaky_relu" or "identity". Throws UserError on another name.
ELBO_EXPORT Tensor activation(const std::string& name, const Tensor& t);

/// The names of the distributions that weights begin with, all uniform about 0. "fan_in", the default: variance 1 / in (LeCun et al. 1998)
/// and biases within 1 / sqrt(in), so that units bend at different places of a space of few latents; output layers as "glorot".
/// "he": 2 / in (He et al. 2015), output layers as "lecun". "lecun": 1 / in. "glorot": 2 / (in + out) (Glorot & Bengio 2010). "pytorch": what
/// torch::nn layers begin with, 1 / 3 in with biases within 1 / sqrt(in). Other biases begin at 0.
ELBO_EXPORT const std::vector<std::string>& inits();
/// The bound of the uniform distribution for a unit that sees `in` values and is seen by `out`. Throws UserError on another name.
ELBO_EXPORT double init_limit(const std::string& init, double in, double out);
/// The first biases [out] of units that see `in` values.
ELBO_EXPORT Tensor first_bias(int64_t out, const std::string& init, double in, const Rng& rng);
/// The distribution for a layer that no activation follows.
ELBO_EXPORT std::string output_init(const std::string& init);

/// y = activation(x W^T + b); x [N, in] -> [N, out].
class ELBO_EXPORT Linear : public Module {
 public:
  Linear(int64_t in, int64_t out, Rng rng, const std::string& init = "glorot");
  ~Linear() override;
  Tensor forward(const Tensor& x, const std::string& activation = "identity") const;
  const Tensor& weight() const { return weight_; }  // [out, in], stored by columns
  const Tensor& bias() const { return bias_; }      // [out]

 private:
  Tensor weight_, bias_;
};

/// The options of fully connected networks.
struct MlpConfig {
  std::vector<int64_t> hidden = {500};
  std::string activation = "tanh";
  bool gated = false;
  std::string init = "fan_in";

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<std::vector<int64_t>>("hidden", &Config::hidden,
                                         "units of each hidden layer, in the order in which the data pass them")
        .range(1, 1e6);
    o.template add<std::string>("activation", &Config::activation, "function after each hidden layer")
        .one_of(activations())
        .only_with("hidden");
    o.template add<bool>("gated", &Config::gated,
                         "multiply each hidden unit by a sigmoid of its own linear layer (Dauphin et al. 2017)")
        .only_with("hidden");
    describe_init(o);
  }
  template <class Config>
  static void describe_init(Options<Config>& o) {
    o.template add<std::string>("init", &Config::init,
                                "what weights begin with: fan_in, variance 1 / in with spread biases, 2 / (in + out) "
                                "in the output; he, 2 / in; lecun, 1 / in; "
                                "glorot, 2 / (in + out); pytorch, 1 / 3 in with spread biases")
        .one_of(inits());
  }
};

/// Linear layers, each followed by the activation; x [N, in] -> [N, hidden.back()], or x itself without layers. Gated, each
/// layer's output is multiplied by the sigmoid of another linear layer of its input (Dauphin et al. 2017).
class ELBO_EXPORT Mlp : public Module {
 public:
  Mlp(int64_t in, const std::vector<int64_t>& hidden, std::string activation, Rng rng, bool gated = false,
      const std::string& init = "glorot");
  Mlp(int64_t in, const MlpConfig& config, Rng rng);
  ~Mlp() override;
  Tensor forward(const Tensor& x) const;
  int64_t out() const { return out_; }

 private:
  std::vector<std::shared_ptr<Linear>> layers_, gates_;
  std::string activation_;
  int64_t out_;
};

}  // namespace elbo::nn
