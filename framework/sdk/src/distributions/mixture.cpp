#include <elbo/distributions.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/tensor/clones.hpp"

#include <algorithm>

#include "sdk/src/tensor/blocks.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// z [N, L] among components by columns: means and inverse scales [L, K], float64.
struct Points {
  int64_t rows, dims, components;
};

/// out [K] = half the squared distance of one z to every component, in its scales.
void distances_of_row_body(const double* z, const double* mean, const double* inverse, double* out, const Points& n) {
  std::fill(out, out + n.components, 0.);
  for (int64_t l = 0; l < n.dims; ++l, mean += n.components, inverse += n.components)
    for (int64_t k = 0; k < n.components; ++k) {
      const double u = (z[l] - mean[k]) * inverse[k];
      out[k] += 0.5 * u * u;
    }
}
constexpr auto distances_of_row = clones<distances_of_row_body>;

/// dz [L], for the gradient g [K] of one row's distances.
void gradient_of_row_body(const double* z, const double* mean, const double* inverse, const double* g, double* dz,
                          const Points& n) {
  for (int64_t l = 0; l < n.dims; ++l, mean += n.components, inverse += n.components) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < n.components; ++k) sum += g[k] * (z[l] - mean[k]) * inverse[k] * inverse[k];
    dz[l] = sum;
  }
}
constexpr auto gradient_of_row = clones<gradient_of_row_body>;

/// Adds to dmean and dlog_scale [L, K] what one row gives to components first .. last - 1.
void gradient_of_components_body(const double* z, const double* mean, const double* inverse, const double* g,
                                 double* dmean, double* dlog_scale, const Points& n, int64_t first, int64_t last) {
  for (int64_t l = 0; l < n.dims; ++l) {
    const int64_t at = l * n.components;
    for (int64_t k = first; k < last; ++k) {
      const double u = (z[l] - mean[at + k]) * inverse[at + k];
      dmean[at + k] -= g[k] * u * inverse[at + k];
      dlog_scale[at + k] -= g[k] * u * u;
    }
  }
}
constexpr auto gradient_of_components = clones<gradient_of_components_body>;

Points sizes(const Tensor& z, const Tensor& mean) { return {z.size(0), z.size(1), mean.size(1)}; }

/// So many components at once that [N, L, some] are 2^22 values, where loops over memory do not do.
int64_t chunk_of(const Points& n) {
  return std::max<int64_t>(1, (int64_t{1} << 22) / std::max<int64_t>(1, n.rows * n.dims));
}

Tensor scaled(const Tensor& z, const Tensor& mean, const Tensor& inverse) {
  return (z.unsqueeze(2) - mean) * inverse;
}  // [N, L, some]

Tensor distances(const Tensor& z, const Tensor& mean, const Tensor& inverse) {
  const Points n = sizes(z, mean);
  const Tensor out = at::empty({n.rows, n.components}, z.options());
  if (fits_blocks(z)) {
    at::parallel_for(0, n.rows, 1, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r)
        distances_of_row(z.data_ptr<double>() + r * n.dims, mean.data_ptr<double>(), inverse.data_ptr<double>(),
                         out.data_ptr<double>() + r * n.components, n);
    });
    return out;
  }
  for (int64_t k = 0, step = chunk_of(n); k < n.components; k += step)
    out.slice(1, k, k + step)
        .copy_(scaled(z, mean.slice(1, k, k + step), inverse.slice(1, k, k + step)).square().sum(1) / 2);
  return out;
}

variable_list gradients_of(const Tensor& z, const Tensor& mean, const Tensor& inverse, const Tensor& g) {
  const Points n = sizes(z, mean);
  const Tensor dz = at::zeros_like(z), dmean = at::zeros_like(mean), dlog_scale = at::zeros_like(mean);
  if (fits_blocks(z)) {
    const auto row = [&](const Tensor& t, int64_t r) { return t.data_ptr<double>() + r * t.size(1); };
    const double *m = mean.data_ptr<double>(), *s = inverse.data_ptr<double>();
    at::parallel_for(0, n.rows, 1, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; ++r) gradient_of_row(row(z, r), m, s, row(g, r), row(dz, r), n);
    });
    at::parallel_for(0, n.components, 64, [&](int64_t first, int64_t last) {
      for (int64_t r = 0; r < n.rows; ++r)
        gradient_of_components(row(z, r), m, s, row(g, r), dmean.data_ptr<double>(), dlog_scale.data_ptr<double>(), n,
                               first, last);
    });
    return {dz, dmean, dlog_scale};
  }
  for (int64_t k = 0, step = chunk_of(n); k < n.components; k += step) {
    const auto some = [&](const Tensor& t) { return t.slice(1, k, k + step); };
    const Tensor u = scaled(z, some(mean), some(inverse)), weighted = u * some(g).unsqueeze(1),
                 pull = weighted * some(inverse);
    dz.add_(pull.sum(2));
    some(dmean).sub_(pull.sum(0));
    some(dlog_scale).sub_((weighted * u).sum(0));
  }
  return {dz, dmean, dlog_scale};
}

/// z [N, L], mean and log_scale [L, K] -> [N, K]; nothing of size [N, L, K] is held.
struct HalfSquares : OnceDifferentiable<HalfSquares> {
  static constexpr const char* name = "elbo::log_normal_mixture";

  static Variable forward(AutogradContext* context, const Variable& z, const Variable& mean,
                          const Variable& log_scale) {
    const Tensor inverse = log_scale.neg().exp();
    context->save_for_backward({z, mean, inverse});
    return distances(z, mean, inverse);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    return gradients_of(saved[0], saved[1], saved[2], grads[0].contiguous());
  }
};

}  // namespace

// The differences themselves, not the square expanded: at a small scale that has lost all digits of (z - m) / s.
Tensor log_normal_mixture(const Tensor& z, const Tensor& log_weights, const Tensor& mean, const Tensor& log_scale) {
  const int64_t dims = z.size(2);
  const auto by_columns = [](const Tensor& t) { return t.toType(at::kDouble).t().contiguous(); };
  const Tensor s = by_columns(log_scale), x = z.toType(at::kDouble).reshape({-1, dims}).contiguous();
  const Tensor constant = log_weights.toType(at::kDouble) - s.sum(0) - static_cast<double>(dims) * half_log_2pi;
  const Tensor each = constant - HalfSquares::apply(x, by_columns(mean), s);  // [S B, K]
  return each.logsumexp(1).view({z.size(0), z.size(1)}).toType(z.scalar_type());
}

}  // namespace elbo
