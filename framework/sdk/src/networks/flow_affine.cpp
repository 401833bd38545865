// Flows that stretch and shift each latent by networks of other latents: coupling layers and autoregressive flows.
#include <elbo/flows.hpp>

#include <elbo/networks.hpp>
#include <elbo/tensor.hpp>

#include "sdk/src/fused/fused.hpp"

namespace elbo {

// The networks inside coupling and autoregressive flows.

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

namespace {

using Degrees = std::vector<int64_t>;

/// 1 where a unit of degree `to` may see one of degree `from`; stored by columns, as weights are.
Tensor mask(const Degrees& to, const Degrees& from, bool strictly) {
  Tensor allowed = zeros({static_cast<int64_t>(from.size()), static_cast<int64_t>(to.size())}).t();
  auto a = allowed.accessor<float, 2>();
  for (size_t i = 0; i < to.size(); ++i)
    for (size_t j = 0; j < from.size(); ++j)
      if (strictly ? to[i] > from[j] : to[i] >= from[j]) a[static_cast<int64_t>(i)][static_cast<int64_t>(j)] = 1;
  return allowed;
}

}  // namespace

Conditioner::Conditioner(int64_t latents, int64_t context, const std::vector<int64_t>& hidden, int64_t out,
                         const std::vector<Tensor>& masks, Rng rng) {
  std::vector<int64_t> sizes = {latents};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(out);
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    const std::string name = std::to_string(i);
    layers_.push_back(part(name, std::make_shared<nn::Linear>(sizes[i], sizes[i + 1], rng.fork("layer", i))));
    if (!masks.empty()) masks_.push_back(buffer("mask" + name, masks[i]));
  }
  layers_.back()->weight().detach().zero_();
  if (context > 0) context_ = part("context", std::make_shared<nn::Linear>(context, sizes[1], rng.fork("context")));
}
Conditioner::~Conditioner() = default;

Tensor Conditioner::layer(size_t i, const Tensor& x) const {
  const nn::Linear& layer = *layers_[i];
  return masks_.empty() ? layer.forward(x) : fused::linear(x, layer.weight() * masks_[i], layer.bias());
}

Tensor Conditioner::forward(const Tensor& z, const Tensor& context) const {
  Tensor h = layer(0, z);
  if (context_) h = h + context_->forward(context);
  for (size_t i = 1; i < layers_.size(); ++i) h = layer(i, h.tanh());
  return h;
}

std::vector<Tensor> autoregressive_masks(int64_t latents, const std::vector<int64_t>& hidden, int64_t outputs,
                                         bool reversed) {
  Degrees inputs, last;
  for (int64_t i = 0; i < latents; ++i) inputs.push_back(reversed ? latents - i : i + 1);
  for (int64_t k = 0; k < outputs; ++k) last.insert(last.end(), inputs.begin(), inputs.end());
  std::vector<Tensor> masks;
  Degrees below = inputs;
  for (const int64_t units : hidden) {
    Degrees degrees;
    for (int64_t i = 0; i < units; ++i) degrees.push_back(i % latents);
    masks.push_back(mask(degrees, below, /*strictly=*/false));
    below = degrees;
  }
  masks.push_back(mask(last, below, /*strictly=*/true));
  return masks;
}

namespace {

constexpr double largest_log_scale = 3, open_gate = 2;

/// How much a latent is stretched, in logs, and then shifted.
struct Affine {
  Tensor log_scale, shift;  // [S, B, L]
};

/// From the two blocks [S, B, 2 L] that a network gives.
Affine free_affine(const Tensor& raw) {
  const auto blocks = raw.chunk(2, 2);
  return {(blocks[0] / largest_log_scale).tanh() * largest_log_scale, blocks[1]};
}

Affine gated_affine(const Tensor& raw) {
  const auto blocks = raw.chunk(2, 2);
  const Tensor gate = blocks[0] + open_gate;
  return {elbo::log_sigmoid(gate), (-gate).sigmoid() * blocks[1]};
}

Mapped mapped(const Tensor& z, const Affine& a) { return {z * a.log_scale.exp() + a.shift, a.log_scale.sum(2)}; }
Mapped back(const Tensor& z, const Affine& a) { return {(z - a.shift) * (-a.log_scale).exp(), -a.log_scale.sum(2)}; }

class Coupling final : public Flow {
 public:
  Coupling(int64_t latents, int64_t context, const std::vector<int64_t>& hidden, bool odd, Rng rng)
      : network_(part("network", std::make_shared<Conditioner>(latents, context, hidden, 2 * latents,
                                                               std::vector<Tensor>{}, rng))),
        moves_(buffer("moves", (arange(latents, zeros({})) + (odd ? 1 : 0)).remainder(2))) {}

  Mapped forward(const Tensor& z, const Tensor& context) const override { return mapped(z, affine(z, context)); }
  Mapped inverse(const Tensor& z, const Tensor& context) const override { return back(z, affine(z, context)); }

 private:
  Affine affine(const Tensor& z, const Tensor& context) const {
    const Affine a = free_affine(network_->forward(z * (1 - moves_), context));
    return {a.log_scale * moves_, a.shift * moves_};
  }

  std::shared_ptr<Conditioner> network_;
  Tensor moves_;  // [L], 1 for the latents that move
};

class Autoregressive final : public Flow {
 public:
  Autoregressive(int64_t latents, int64_t context, const std::vector<int64_t>& hidden, bool reversed, bool is_gated,
                 Rng rng)
      : latents_(latents),
        reversed_(reversed),
        affine_(is_gated ? gated_affine : free_affine),
        network_(
            part("network", std::make_shared<Conditioner>(latents, context, hidden, 2 * latents,
                                                          autoregressive_masks(latents, hidden, 2, reversed), rng))) {}

  Mapped forward(const Tensor& z, const Tensor& context) const override {
    return mapped(z, affine_(network_->forward(z, context)));
  }

  // The i-th latent is known once those that it depends on are: each pass sets one more.
  Mapped inverse(const Tensor& z, const Tensor& context) const override {
    std::vector<Tensor> known(static_cast<size_t>(latents_), zeros({z.size(0), z.size(1)}, z));
    Affine a;
    for (int64_t i = 0; i < latents_; ++i) {
      const int64_t j = reversed_ ? latents_ - 1 - i : i;
      a = affine_(network_->forward(stack(known, 2), context));
      known[static_cast<size_t>(j)] = (z.select(2, j) - a.shift.select(2, j)) * (-a.log_scale.select(2, j)).exp();
    }
    return {stack(known, 2), -a.log_scale.sum(2)};
  }

 private:
  int64_t latents_;
  bool reversed_;
  Affine (*affine_)(const Tensor&);
  std::shared_ptr<Conditioner> network_;
};

}  // namespace

Mapped gated(const Tensor& z, const Tensor& shift, const Tensor& gate) {
  return mapped(z, {elbo::log_sigmoid(gate), (-gate).sigmoid() * shift});
}

std::shared_ptr<Flow> coupling_flow(int64_t latents, int64_t context, const std::vector<int64_t>& hidden, bool odd,
                                    Rng rng) {
  return std::make_shared<Coupling>(latents, context, hidden, odd, rng);
}

std::shared_ptr<Flow> autoregressive_flow(int64_t latents, int64_t context, const std::vector<int64_t>& hidden,
                                          bool reversed, Rng rng) {
  return std::make_shared<Autoregressive>(latents, context, hidden, reversed, /*is_gated=*/false, rng);
}

std::shared_ptr<Flow> inverse_autoregressive_flow(int64_t latents, int64_t context, const std::vector<int64_t>& hidden,
                                                  bool reversed, Rng rng) {
  return std::make_shared<Autoregressive>(latents, context, hidden, reversed, /*is_gated=*/true, rng);
}

}  // namespace elbo
