#include "evidence/latent_space.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>

#include <cmath>

#include <elbo/tensor.hpp>

namespace elbo::host {
namespace {

constexpr int64_t prior_samples = 2000;
constexpr double sphere_variance = 5;  // of y, where the uniform distribution has heavy tails: a round number

/// The reflection that exchanges the first axis and the pole, or its negative: it is its own inverse and maps the axis to the pole.
Tensor turned(const Tensor& s, const Tensor& poles) {
  const Tensor sign = 1 - 2 * (poles.narrow(1, 0, 1) > 0).to(poles.scalar_type());  // keeps the two vectors far apart
  Tensor v = -sign * poles;
  v = elbo::cat({v.narrow(1, 0, 1) + 1, v.narrow(1, 1, v.size(1) - 1)}, 1);
  const Tensor along = (s * v).sum(2, true) / v.square().sum(1, true);
  return sign * (s - 2 * along * v);
}

Tensor covariance(const Tensor& y) {  // [n, M]
  const Tensor centred = y - y.mean(0, true);
  return centred.t().matmul(centred) / static_cast<double>(y.size(0) - 1);
}

}  // namespace

LatentSpace::LatentSpace(const Model& model, const Tensor& like, const Rng& rng) : dims_(model.latent_dim) {
  const at::NoGradGuard no_gradients;
  if (model.prior->is_on_sphere()) {
    if (dims_ < 2)
      throw UserError(model.prior->label() +
                      ": the unit sphere of one dimension is two points; evidence by gradients expected at least 2 "
                      "latent dimensions; use evaluate.evidence = \"importance\"");
    kind_ = Kind::sphere;
    dims_ -= 1;
    prior_covariance_ = sphere_variance * at::eye(dims_, at::TensorOptions(at::kDouble));
    return;
  }
  Rng noise = rng.like(like);
  const Tensor z = model.prior->sample(prior_samples, noise).to(like.options());
  const double reach = z.abs().max().item<double>();
  const Tensor outside = elbo::full({1, 1, model.latent_dim}, 2 * reach, like);
  if (std::isinf(model.prior->log_prob(outside).item<double>())) {
    if (reach > 1)
      throw UserError(model.prior->label() +
                      ": p(z) is 0 far from its samples, and those leave the box [-1, 1]; evidence by gradients "
                      "expected a prior on all of space, on that box or on the unit sphere; use evaluate.evidence = "
                      "\"importance\"");
    kind_ = Kind::box;
  }
  prior_covariance_ = covariance(y_of(z.unsqueeze(0), {}).squeeze(0).to(at::kCPU, at::kDouble));
}

Tensor LatentSpace::z_of(const Tensor& y, const Tensor& poles) const {
  if (kind_ == Kind::plain) return y;
  if (kind_ == Kind::box) return (0.5 * y).tanh();
  const Tensor a = 0.25 * y.square().sum(2, true);
  return turned(elbo::cat({1 - a, y}, 2) / (1 + a), poles);
}

Tensor LatentSpace::y_of(const Tensor& z, const Tensor& poles) const {
  if (kind_ == Kind::plain) return z;
  if (kind_ == Kind::box) return z.to(at::kDouble).log1p() - (-z.to(at::kDouble)).log1p();
  const Tensor s = turned(z, poles);
  return 2 * s.narrow(2, 1, dims_) / (1 + s.narrow(2, 0, 1));
}

Tensor LatentSpace::log_jacobian(const Tensor& y) const {
  if (kind_ == Kind::plain) return {};
  const Tensor t = y.to(at::kDouble);
  if (kind_ == Kind::box) return (log_sigmoid(t) + log_sigmoid(-t) + log_2).sum(2);  // dz/dy = 2 sigmoid(y) sigmoid(-y)
  return -static_cast<double>(dims_) * (0.25 * t.square().sum(2)).log1p();
}

}  // namespace elbo::host
