// Flows that move z along, or mirror it at, one direction each data point.
#include <ATen/core/grad_mode.h>

#include <cmath>

#include <elbo/flows.hpp>
#include <elbo/networks.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

constexpr double least_square = 1e-12;  // of the length of a direction that is divided by

/// [..., B, L] and [B, L] -> [..., B]
Tensor dot(const Tensor& a, const Tensor& b) { return (a * b).sum(-1); }

/// w u' and u' itself, [B] and [B, L]
struct Direction {
  Tensor along, u;
};

// w u' = -1 + softplus(w u) > -1, so that the map is one to one.
Direction direction(const Tensor& u, const Tensor& w) {
  const Tensor before = dot(w, u), along = softplus(before) - 1;
  return {along, u + ((along - before) / w.square().sum(-1).clamp_min(least_square)).unsqueeze(-1) * w};
}

Tensor log_slope(const Tensor& along, const Tensor& tanh) { return ((1 - tanh.square()) * along).log1p(); }

/// The a with a + along tanh(a) = y: bisection without gradient, then two steps of Newton's method, the first of which gives it the
/// first derivatives and the second one the second.
Tensor solved(const Tensor& along, const Tensor& y) {
  Tensor a;
  {
    const at::NoGradGuard no_gradients;
    Tensor low = y - along.abs(), high = y + along.abs();
    for (int i = 0; i < 60; ++i) {
      const Tensor middle = (low + high) / 2, above = middle + along * middle.tanh() > y;
      high = elbo::where(above, middle, high);
      low = elbo::where(above, low, middle);
    }
    a = (low + high) / 2;
  }
  for (int step = 0; step < 2; ++step) {
    const Tensor tanh = a.tanh();
    a = a - (a + along * tanh - y) * (-log_slope(along, tanh)).exp();
  }
  return a;
}

/// Of length 1, for a bias: what depends on the context begins well away from 0, which is no direction.
Tensor any_direction(int64_t latents, Rng rng) {
  const Tensor any = rng.normal({1, latents})[0];
  return any / any.square().sum().sqrt();
}

class Planar final : public Flow {
 public:
  Planar(int64_t latents, int64_t context, Rng rng)
      : latents_(latents), head_(part("head", std::make_shared<nn::Linear>(context, 2 * latents + 1, rng))) {
    head_->bias().detach().slice(0, latents, 2 * latents).copy_(any_direction(latents, rng.fork("direction")));
    head_->weight().detach().zero_();  // one direction for all data, until they ask for others
  }

  Mapped forward(const Tensor& z, const Tensor& context) const override { return apply(planar, z, context); }
  Mapped inverse(const Tensor& z, const Tensor& context) const override { return apply(planar_inverse, z, context); }

 private:
  template <class Map>
  Mapped apply(Map map, const Tensor& z, const Tensor& context) const {
    const Tensor raw = head_->forward(context), w = raw.slice(1, latents_, 2 * latents_);
    // u counts from where w u' is 0, and so is u': the map begins as the identity whatever w is.
    const Tensor still = w * (std::log(std::expm1(1.)) / w.square().sum(1, true).clamp_min(least_square));
    return map(z, raw.slice(1, 0, latents_) + still, w, raw.select(1, 2 * latents_));
  }

  int64_t latents_;
  std::shared_ptr<nn::Linear> head_;
};

class Householder final : public Flow {
 public:
  Householder(int64_t latents, int64_t context, Rng rng)
      : head_(part("head", std::make_shared<nn::Linear>(context, latents, rng))) {
    head_->bias().detach().copy_(any_direction(latents, rng.fork("direction")));
  }

  Mapped forward(const Tensor& z, const Tensor& context) const override {
    return householder(z, head_->forward(context));
  }
  Mapped inverse(const Tensor& z, const Tensor& context) const override { return forward(z, context); }

 private:
  std::shared_ptr<nn::Linear> head_;
};

}  // namespace

Flow::~Flow() = default;

Mapped planar(const Tensor& z, const Tensor& u, const Tensor& w, const Tensor& b) {
  const Direction d = direction(u, w);
  const Tensor tanh = (dot(z, w) + b).tanh();
  return {z + d.u * tanh.unsqueeze(2), log_slope(d.along, tanh)};
}

Mapped planar_inverse(const Tensor& z, const Tensor& u, const Tensor& w, const Tensor& b) {
  const Direction d = direction(u, w);
  const Tensor tanh = solved(d.along, dot(z, w) + b).tanh();
  return {z - d.u * tanh.unsqueeze(2), -log_slope(d.along, tanh)};
}

Mapped householder(const Tensor& z, const Tensor& v) {
  const Tensor part = dot(z, v) / v.square().sum(-1).clamp_min(least_square);
  return {z - 2 * part.unsqueeze(2) * v, zeros({z.size(0), z.size(1)}, z)};
}

std::shared_ptr<Flow> planar_flow(int64_t latents, int64_t context, Rng rng) {
  return std::make_shared<Planar>(latents, context, rng);
}

std::shared_ptr<Flow> householder_flow(int64_t latents, int64_t context, Rng rng) {
  return std::make_shared<Householder>(latents, context, rng);
}

}  // namespace elbo
