#include "conformance/reference.hpp"

#include <ATen/ops/linalg_eigh.h>

#include <cmath>

namespace elbo::conformance {
namespace {

constexpr int64_t axis_cells = 32, kept_cells = 29;

/// Latents that are not correlated keep their own axes, so that a box stays a box; others get those of their correlations.
Tensor axes_of(const Tensor& standardised) {
  const int64_t latents = standardised.size(1), n = standardised.size(0);
  const Tensor correlations = standardised.t().matmul(standardised) / static_cast<double>(n),
               own = at::eye(latents, at::kDouble);
  if (number((correlations - own).abs().max()) < 5 / std::sqrt(static_cast<double>(n))) return own;
  return std::get<1>(at::linalg_eigh(correlations));
}

}  // namespace

Reference::Reference(const Tensor& draws) {
  const int64_t n = draws.size(0), latents = draws.size(1);
  centre_ = draws.mean(0);
  const Tensor scale = draws.std(0);
  if (const auto j = first_true(scale.gt(0).logical_not())) fail("latent {} has the same value in {} draws", *j, n);
  axes_ = axes_of((draws - centre_) / scale) / scale.unsqueeze(1);
  log_volume_ = -number(scale.log().sum());

  const Tensor sorted = std::get<0>((draws - centre_).matmul(axes_).t().sort(1));
  edges_ = sorted
               .index_select(
                   1, at::linspace(0, static_cast<double>(n - 1), axis_cells + 1, at::kDouble).round().to(at::kLong))
               .contiguous();
  const Tensor widths = edges_.diff(1, 1);
  if (widths.min().item<double>() <= 0) fail("many of {} draws of one latent are equal; expected a density", n);
  const Tensor chosen = std::get<0>(std::get<1>(widths.sort(1)).slice(1, 0, kept_cells).sort(1));
  low_ = edges_.gather(1, chosen);
  width_ = widths.gather(1, chosen);
  rank_ = at::full({latents, axis_cells + 2}, -1, at::kLong)
              .scatter(1, chosen + 1, at::arange(kept_cells, at::kLong).expand({latents, kept_cells}));
}

Reference::Seen Reference::at(const Tensor& z) const {
  const Tensor u = (z - centre_).matmul(axes_).t().contiguous();
  const Tensor rank = rank_.gather(1, at::searchsorted(edges_, u, /*out_int32=*/false, /*right=*/true)),
               cell = rank.clamp_min(0);
  const Tensor width = width_.gather(1, cell), inside = rank.ge(0).all(0);
  const Tensor place = (cell + (u - low_.gather(1, cell)) / width) / static_cast<double>(kept_cells);
  const Tensor log_density = (width * static_cast<double>(kept_cells)).log().sum(0).neg() + log_volume_;
  return {log_density.masked_fill(inside.logical_not(), -INFINITY), place.t()};
}

Tensor Reference::draws(const Tensor& place) const {
  const Tensor at = place.t() * static_cast<double>(kept_cells),
               cell = at.floor().clamp(0, kept_cells - 1).to(at::kLong);
  const Tensor u = low_.gather(1, cell) + (at - cell) * width_.gather(1, cell);
  // The axes are orthogonal up to the scale of each latent.
  return centre_ + at::linalg_solve(axes_.t(), u).t();
}

Tensor legendre(const Tensor& place) {
  const Tensor t = 2 * place - 1, t2 = t.square();
  return at::cat({at::full({t.size(0), 1}, 1., at::kDouble), std::sqrt(3.) * t, std::sqrt(5.) / 2 * (3 * t2 - 1),
                  std::sqrt(7.) / 2 * t * (5 * t2 - 3)},
                 1);
}

}  // namespace elbo::conformance
