#include <elbo/networks.hpp>

#include <ATen/ops/elu.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/silu.h>

#include <cmath>
#include <optional>

#include <elbo/tensor.hpp>
#include "sdk/src/fused/fused.hpp"

namespace elbo::nn {
namespace {

/// [out, in], stored by columns: an input that is 0 then leaves out a piece of memory (linear() skips those).
Tensor first_weights(int64_t in, int64_t out, double limit, Rng& rng) {
  return ((rng.uniform({out, in}) * 2 - 1) * limit).t().contiguous().t();
}

/// Nothing where the layer and the activation are two steps.
std::optional<Activation> fused_activation(const std::string& name) {
  if (name == "identity") return Activation::identity;
  if (name == "tanh") return Activation::tanh;
  if (name == "relu") return Activation::relu;
  if (name == "leaky_relu") return Activation::leaky_relu;
  return {};
}

}  // namespace

const std::vector<std::string>& activations() {
  static const std::vector<std::string> names = {"tanh", "relu", "softplus", "elu", "silu", "leaky_relu", "identity"};
  return names;
}

Tensor activation(const std::string& name, const Tensor& t) {
  if (name == "tanh") return t.tanh();
  if (name == "relu") return t.relu();
  if (name == "softplus") return softplus(t);
  if (name == "elu") return at::elu(t);
  if (name == "silu") return at::silu(t);
  if (name == "leaky_relu") return at::leaky_relu(t, 0.01);
  if (name == "identity") return t;
  throw UserError("activation '" + name +
                  "' is not known; there are tanh, relu, softplus, elu, silu, leaky_relu, identity");
}

const std::vector<std::string>& inits() {
  static const std::vector<std::string> names = {"fan_in", "he", "lecun", "glorot", "pytorch"};
  return names;
}

double init_limit(const std::string& init, double in, double out) {
  if (init == "he") return std::sqrt(6 / in);
  if (init == "fan_in" || init == "lecun") return std::sqrt(3 / in);
  if (init == "glorot") return std::sqrt(6 / (in + out));
  if (init == "pytorch") return std::sqrt(1 / in);
  throw UserError("init '" + init + "' is not known; there are fan_in, he, lecun, glorot, pytorch");
}

Tensor first_bias(int64_t out, const std::string& init, double in, const Rng& rng) {
  const bool is_spread = (init == "fan_in" || init == "pytorch") && in > 0;
  return is_spread ? (rng.fork("bias").uniform({1, out}).squeeze(0) * 2 - 1) / std::sqrt(in) : zeros(Shape{out});
}

std::string output_init(const std::string& init) { return init == "fan_in" ? "glorot" : init == "he" ? "lecun" : init; }

void MlpConfig::describe(Options<MlpConfig>& o) {
  o.add("hidden", &MlpConfig::hidden, "units of each hidden layer, in the order in which the data pass them")
      .range(1, 1e6);
  o.add("activation", &MlpConfig::activation, "function after each hidden layer")
      .one_of(activations())
      .only_with("hidden");
  o.add("gated", &MlpConfig::gated,
        "multiply each hidden unit by a sigmoid of its own linear layer (Dauphin et al. 2017)")
      .only_with("hidden");
  describe_init(o);
}

Linear::Linear(int64_t in, int64_t out, Rng rng, const std::string& init) {
  const double limit = init_limit(init, static_cast<double>(in), static_cast<double>(out));
  weight_ = parameter("weight", first_weights(in, out, limit, rng));
  bias_ = parameter("bias", first_bias(out, init, static_cast<double>(in), rng));
}
Linear::~Linear() = default;

Tensor Linear::forward(const Tensor& x, const std::string& activation) const {
  if (const auto fused = fused_activation(activation)) return fused::linear(x, weight_, bias_, *fused);
  return nn::activation(activation, fused::linear(x, weight_, bias_));
}

Mlp::Mlp(int64_t in, const std::vector<int64_t>& hidden, std::string activation, Rng rng, bool gated,
         const std::string& init)
    : activation_(std::move(activation)), out_(in) {
  for (size_t i = 0; i < hidden.size(); ++i) {
    layers_.push_back(part(std::to_string(i), std::make_shared<Linear>(out_, hidden[i], rng.fork("layer", i), init)));
    if (gated)
      gates_.push_back(part("gate" + std::to_string(i),
                            std::make_shared<Linear>(out_, hidden[i], rng.fork("gate", i), output_init(init))));
    out_ = hidden[i];
  }
}
Mlp::Mlp(int64_t in, const MlpConfig& config, Rng rng)
    : Mlp(in, config.hidden, config.activation, std::move(rng), config.gated, config.init) {}
Mlp::~Mlp() = default;

Tensor Mlp::forward(const Tensor& x) const {
  Tensor h = x;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Tensor units = layers_[i]->forward(h, activation_);
    h = gates_.empty() ? units : units * gates_[i]->forward(h).sigmoid();
  }
  return h;
}

}  // namespace elbo::nn

namespace elbo {

void MarginalBias::describe(Options<MarginalBias>& o) {
  o.add("bias_at_marginal", &MarginalBias::bias_at_marginal,
        "begin the output's bias where the likelihood fits the data best without latents, instead of at 0 "
        "(Burda et al. 2016, code)");
}

}  // namespace elbo
