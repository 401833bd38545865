// Layers for encoders and decoders. Their weights come from the host's generator, never from a global one.
#pragma once
#include <string>
#include <vector>

#include <elbo/module.hpp>
#include <elbo/rng.hpp>

namespace elbo::nn {

/// The names that activation() knows.
ELBO_EXPORT const std::vector<std::string>& activations();
/// Applies "tanh", "relu", "softplus", "elu", "silu", "leaky_relu" or "identity". Throws UserError on another name.
ELBO_EXPORT Tensor activation(const std::string& name, const Tensor& t);

/// y = activation(x W^T + b); x [N, in] -> [N, out]. Weights: Glorot & Bengio (2010) uniform; bias: 0.
class ELBO_EXPORT Linear : public Module {
 public:
  Linear(int64_t in, int64_t out, Rng rng);
  ~Linear() override;
  Tensor forward(const Tensor& x, const std::string& activation = "identity") const;
  const Tensor& weight() const { return weight_; }  // [out, in], stored by columns
  const Tensor& bias() const { return bias_; }      // [out]

 private:
  Tensor weight_, bias_;
};

/// Linear layers, each followed by the activation; x [N, in] -> [N, hidden.back()], or x itself without layers. Gated, each
/// layer's output is multiplied by the sigmoid of another linear layer of its input (Dauphin et al. 2017).
class ELBO_EXPORT Mlp : public Module {
 public:
  Mlp(int64_t in, const std::vector<int64_t>& hidden, std::string activation, Rng rng, bool gated = false);
  ~Mlp() override;
  Tensor forward(const Tensor& x) const;
  int64_t out() const { return out_; }

 private:
  std::vector<std::shared_ptr<Linear>> layers_, gates_;
  std::string activation_;
  int64_t out_;
};

}  // namespace elbo::nn
