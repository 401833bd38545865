// The networks inside coupling and autoregressive flows.
#pragma once
#include <elbo/networks.hpp>

namespace elbo {

/// tanh layers of z [S, B, L], the context [B, C] added before the first activation -> [S, B, out]. The last layer begins
/// at zero. Weights may be masked: one mask a layer [out, in], or none at all.
class Conditioner : public Module {
 public:
  Conditioner(int64_t latents, int64_t context, const std::vector<int64_t>& hidden, int64_t out,
              const std::vector<Tensor>& masks, Rng rng);
  ~Conditioner() override;
  Tensor forward(const Tensor& z, const Tensor& context) const;

 private:
  Tensor layer(size_t i, const Tensor& x) const;

  std::vector<std::shared_ptr<nn::Linear>> layers_;
  std::vector<Tensor> masks_;
  std::shared_ptr<nn::Linear> context_;  // null without a context
};

/// Masks [out, in] with which output i of each of `outputs` blocks of L sees the latents before the i-th, or after it when
/// `reversed` (Germain et al. 2015). Some hidden units see no latent, so that the context reaches the first output.
std::vector<Tensor> autoregressive_masks(int64_t latents, const std::vector<int64_t>& hidden, int64_t outputs,
                                         bool reversed);

}  // namespace elbo
