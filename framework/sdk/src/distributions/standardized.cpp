#include <ATen/ExpandUtils.h>
#include <ATen/ops/where.h>

#include <elbo/tensor.hpp>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/fast_double.hpp"

namespace elbo {
namespace {

/// edge, loc and log_scale in; the value and its derivatives by the last two out, these where `slopes`.
template <bool slopes>
[[gnu::always_inline]] inline void loop(const double* const* in, double* const* out, int64_t n) {
  const double *edge = in[0], *loc = in[1], *log_scale = in[2];
  double *value = out[0], *by_loc = out[1], *by_log_scale = out[2];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double x = edge[i], inverse = fast::exp(-log_scale[i]);
    const bool infinite = (x > 1e308) | (x < -1e308);
    const double inner = ((infinite ? 0 : x) - loc[i]) * inverse;
    value[i] = infinite ? x : inner;
    if (slopes) {
      by_loc[i] = infinite ? 0 : -inverse;
      by_log_scale[i] = infinite ? 0 : -inner;
    }
  }
}

ELBO_CLONES void values(const double* const* in, double* const* out, int64_t n) { loop<false>(in, out, n); }
ELBO_CLONES void values_and_slopes(const double* const* in, double* const* out, int64_t n) { loop<true>(in, out, n); }

Tensor plain(const Tensor& edge, const Tensor& loc, const Tensor& log_scale) {
  const Tensor infinite = edge.isinf();
  const Tensor finite = edge.masked_fill(infinite, 0).to(at::kDouble);
  const Tensor inner = (finite - loc.to(at::kDouble)) * log_scale.to(at::kDouble).neg().exp();
  return at::where(infinite, edge.to(at::kDouble), inner);
}

}  // namespace

Tensor standardized(const Tensor& edge, const Tensor& loc, const Tensor& log_scale) {
  const bool fits = fits_blocks(edge) && fits_blocks(loc) && fits_blocks(log_scale) && !edge.requires_grad();
  if (!fits) return plain(edge, loc, log_scale);
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), edge.sizes()));
  return apply_rule(each, log_scale, [&](const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    const auto made =
        by_blocks({edge, l, s}, derivatives ? 3 : 1, at::kDouble, derivatives ? values_and_slopes : values);
    return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0], {}, {}};
  });
}

}  // namespace elbo
