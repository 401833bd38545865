#include "sdk/src/networks/conditioner.hpp"

#include "sdk/src/fused/fused.hpp"

namespace elbo {
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

}  // namespace elbo
