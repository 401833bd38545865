#include "sdk/src/posteriors/polar_angle.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/searchsorted.h>

#include <array>
#include <cmath>

#include <elbo/posterior.hpp>

namespace elbo {
namespace {

constexpr int64_t panels = 48;
constexpr double deviations = 18;  // standard deviations about the mode: beyond is less than rounding
constexpr int newton_steps = 5;
constexpr std::array<double, 6> node = {0.033765242898423986, 0.16939530676686774, 0.38069040695840155,
                                        0.61930959304159845,  0.83060469323313226, 0.96623475710157601};
constexpr std::array<double, 6> weight = {0.085662246189585173, 0.18038078652406930, 0.23395696728634552,
                                          0.23395696728634552,  0.18038078652406930, 0.085662246189585173};

/// 1 - cos t, to the last digit for small t.
Tensor gap_of(const Tensor& angle) { return 2 * (angle / 2).sin().square(); }

/// [B] against [B, ...]
Tensor beside(const Tensor& each, const Tensor& t) {
  Shape shape(static_cast<size_t>(t.dim()), 1);
  shape[0] = each.size(0);
  return each.view(shape);
}

/// Written where t is: a copy from here could not be recorded on a CUDA device.
Tensor like(const std::array<double, 6>& values, const Tensor& t) {
  std::vector<Tensor> each;
  for (const double value : values) each.push_back(full({}, value, t));
  return stack(each, 0);
}

Tensor spread_nodes(const Tensor& left, const Tensor& length) {
  return left.unsqueeze(-1) + length.unsqueeze(-1) * like(node, left);
}

Tensor weighted(const Tensor& at_nodes) { return at_nodes.matmul(like(weight, at_nodes)); }

/// [B, P] -> sums of the columns before each edge, [B, P + 1].
Tensor sums_before(const Tensor& each) { return cat({zeros({each.size(0), 1}, each), each.cumsum(1)}, 1); }

Tensor sums_after(const Tensor& each) { return sums_before(each.flip(1)).flip(1); }

}  // namespace

PolarAngle::PolarAngle(int64_t dims, const Tensor& concentration)
    : power_(static_cast<double>(dims) - 2), concentration_(concentration) {
  const at::NoGradGuard no_gradients;
  const Tensor root = (4 * concentration.square() + power_ * power_).sqrt() + power_;
  const Tensor cosine = 2 * concentration / root, square_of_sine = 2 * power_ / root;  // at the mode
  const Tensor mode = at::atan2(square_of_sine.sqrt(), cosine), deviation = (root / 2 + concentration * cosine).rsqrt();
  log_at_mode_ = log_density(mode);
  const Tensor first = (mode - deviations * deviation).clamp_min(0),
               last = (mode + deviations * deviation).clamp_max(M_PI);
  width_ = (last - first) / static_cast<double>(panels);
  edges_ = first.unsqueeze(1) + width_.unsqueeze(1) * arange(panels + 1, mode);

  const Tensor lefts = edges_.slice(1, 0, panels), angles = spread_nodes(lefts, width_.unsqueeze(1).expand_as(lefts));
  const Tensor mass = density(angles) * width_.view({-1, 1, 1}), each = weighted(mass);
  total_ = each.sum(1);
  below_ = sums_before(each) / total_.unsqueeze(1);
  const Tensor gap = gap_of(angles);
  mean_gap_ = weighted(mass * gap).sum(1) / total_;
  const Tensor away = mean_gap_.view({-1, 1, 1}) - gap;
  gap_variance_ = weighted(mass * away.square()).sum(1) / total_;
  deviation_below_ = sums_before(weighted(mass * away));
  deviation_above_ = sums_after(weighted(mass * away));
  log_peak_ = -(total_.log() + log_at_mode_ + log_sphere_area(dims - 1));
}

Tensor PolarAngle::log_density(const Tensor& angle) const {
  const Tensor turned = -beside(concentration_, angle) * gap_of(angle);
  return power_ > 0 ? power_ * angle.sin().log() + turned : turned;  // 0 log 0 would be NaN
}

Tensor PolarAngle::density(const Tensor& angle) const {
  return (log_density(angle) - beside(log_at_mode_, angle)).exp();
}

Tensor PolarAngle::integral(const Tensor& left, const Tensor& length) const {
  return weighted(density(spread_nodes(left, length))) * length;
}

/// Where within its panel a share of the panel's mass lies if the density there is exponential, or, at an end of
/// [0, pi], the power of the distance to it that the sine is.
Tensor PolarAngle::first_guess(const Tensor& left, const Tensor& share) const {
  const Tensor width = width_.unsqueeze(1), inner = log_density(stack({left + 0.25 * width, left + 0.75 * width}, 2));
  const Tensor slope = 2 * (inner.select(2, 1) - inner.select(2, 0)), flat = slope.abs() < 1e-6;
  const Tensor safe = slope.masked_fill(flat, 1).clamp(-200, 200);
  const Tensor exponential = elbo::where(flat, share, (share * safe.expm1()).log1p() / safe);
  const double root = 1 / (power_ + 1);
  const Tensor at_end = elbo::where(left + width > M_PI - 1e-9, 1 - (1 - share).pow(root), exponential);
  return elbo::where(left == 0, share.pow(root), at_end).clamp(0, 1) * width;
}

/// -(dF/dk) / (dF/dt) at left + length: what deviates is summed from the nearer end, where it does not cancel.
Tensor PolarAngle::by_concentration(const Tensor& panel, const Tensor& left, const Tensor& length,
                                    const Tensor& share) const {
  const Tensor angles = spread_nodes(left, length);
  const Tensor within = weighted(density(angles) * (beside(mean_gap_, angles) - gap_of(angles))) * length;
  const Tensor before = elbo::where(share < 0.5, deviation_below_.gather(1, panel), -deviation_above_.gather(1, panel));
  return -(before + within) / density(left + length);
}

Derived PolarAngle::at(const Tensor& u, bool derivative) const {
  const at::NoGradGuard no_gradients;
  const Tensor share = u.t().contiguous();  // [B, S]
  const Tensor panel = (at::searchsorted(below_, share, /*out_int32=*/false, /*right=*/true) - 1).clamp(0, panels - 1);
  const Tensor left = edges_.gather(1, panel), before = below_.gather(1, panel), total = total_.unsqueeze(1);
  const Tensor goal = (share - before) * total, mass = (below_.gather(1, panel + 1) - before) * total;
  Tensor length = first_guess(left, (goal / mass).clamp(0, 1));
  Tensor low = zeros(length.sizes().vec(), length), high = width_.unsqueeze(1).expand_as(length);
  for (int i = 0; i < newton_steps; ++i) {
    const Tensor off = integral(left, length) - goal, too_far = off > 0;
    low = elbo::where(too_far, low, length);
    high = elbo::where(too_far, length, high);
    const Tensor next = length - off / density(left + length);
    length = elbo::where((next >= low).logical_and(next <= high), next, (low + high) / 2);
  }
  return {(left + length).t(), derivative ? by_concentration(panel, left, length, share).t() : Tensor(), {}};
}

}  // namespace elbo
