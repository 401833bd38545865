// The logistic law rounded to levels 0 .. n - 1, which stand for -1 .. 1.
#include <ATen/ExpandUtils.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <elbo/logistic_fit.hpp>
#include <elbo/math.hpp>

#include "given_gradient.hpp"

namespace elbo {
namespace {

// log(sigmoid(b) - sigmoid(a)) of a level's edges a < b, standardised, as log sigmoid(b) + log sigmoid(-a) +
// log(1 - e^-w) with w = b - a = 2 / (n - 1) e^-log_scale; the first level lacks a, the last one b.
// - A distance to an edge is taken in float64, as it is near 0 just where it matters.
// - log(1 - e^-w) = log w + log((1 - e^-w) / w) stays finite when w underflows, log w being known.
// - Every term is finite, so that those which an end level lacks can be multiplied by 0.
Derived level_rule(const Tensor& k, const Tensor& loc, const Tensor& log_scale, double n, bool derivatives) {
  const Tensor inverse = log_scale.neg().exp(), wide = inverse.to(at::kDouble), centre = loc.to(at::kDouble);
  const Tensor twice = k.to(at::kDouble) * 2;
  const auto at_edge = [&](double shift) {
    return ((twice + shift).div_(n - 1) - centre).mul_(wide).to(log_scale.scalar_type());
  };
  const Tensor a = at_edge(-n), b = at_edge(2 - n), w = (inverse * (2 / (n - 1))).clamp_min_(1e-30);
  const Tensor has_a = (k > 0).to(loc.scalar_type()), has_b = (k < n - 1).to(loc.scalar_type()),
               has_both = has_a * has_b;

  const Tensor log_w = std::log(2 / (n - 1)) - log_scale, bend = (w.neg().expm1_() / w).neg_().log_();
  const Tensor value = at::log_sigmoid(b) * has_b + at::log_sigmoid(-a) * has_a + (log_w + bend) * has_both;
  if (!derivatives) return {value, {}, {}};
  const Tensor from_a = a.sigmoid().mul_(has_a), from_b = b.neg().sigmoid_().mul_(has_b);
  return {value, (from_a - from_b).mul_(inverse), a * from_a - b * from_b - w / w.expm1() * has_both};
}

}  // namespace

Tensor log_logistic_level(const Tensor& k, const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), k.sizes()));
  return apply_rule(each, log_scale, [&](const Tensor& centre, const Tensor& s, bool derivatives) {
    return level_rule(k, centre, s, static_cast<double>(levels), derivatives);
  });
}

LogisticFit fit_logistic_levels(const Tensor& counts) {
  const int64_t levels = counts.size(1);
  const Tensor total = counts.sum(1, true), below = counts.cumsum(1).slice(1, 0, levels - 1), above = total - below;
  const Tensor logit = below.log() - above.clamp_min(1e-12).log(), weight = below * above / total.square();
  Shape along(static_cast<size_t>(counts.dim()), 1);
  along[1] = levels - 1;
  const Tensor edge = ((arange(levels - 1, counts) * 2 + 1) / static_cast<double>(levels - 1) - 1).view(along);
  const auto mean = [&](const Tensor& t) { return (weight * t).sum(1, true) / weight.sum(1, true); };
  const Tensor centre = mean(edge), height = mean(logit), off = edge - centre;
  // The small numbers are for two levels, whose one edge gives no slope.
  const Tensor slope = (mean(off * (logit - height)) + 1e-9).clamp_min(1e-9) / (mean(off.square()) + 1e-10);
  return {(centre - height / slope).squeeze(1), slope.log().neg().squeeze(1)};
}

// sum over k of ((k + 1)^power - k^power) P(K > k)
Tensor logistic_level_moment(int power, const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const auto n = static_cast<double>(levels);
  const Tensor inverse = log_scale.neg().exp();
  Tensor sum = at::zeros_like(loc);
  for (double k = 0; k < n - 1; ++k) {
    const Tensor above = ((loc - (2 * k + 2 - n) / (n - 1)) * inverse).sigmoid();
    sum = sum + (power == 1 ? above : above * (2 * k + 1));
  }
  return sum;
}

}  // namespace elbo
