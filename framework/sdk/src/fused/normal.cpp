// Draws, log-density and KL of factorised normals, each as one node of the graph and one pass: these tensors are small, so
// that a node costs more than its arithmetic.
#include <ATen/core/LegacyTypeDispatch.h>

#include <elbo/distributions.hpp>
#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/fused/fused.hpp"
#include "sdk/src/tensor/clones.hpp"

#include <algorithm>

#include "sdk/src/tensor/fast_double.hpp"
#include "sdk/src/tensor/loops.hpp"
#include "sdk/src/tensor/raw_tensor.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Of one row: in float32 by stretches, which are added up in float64.
[[gnu::always_inline]] inline double sum_of_squares(const float* value, int64_t n) {
  constexpr int64_t stretch = 128;
  double sum = 0;
  for (int64_t first = 0; first < n; first += stretch) {
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t i = first; i < std::min(n, first + stretch); ++i) part += value[i] * value[i];
    sum += part;
  }
  return sum;
}

struct DrawSizes {
  int64_t samples, data, dims;
};

DrawSizes draw_sizes(const Tensor& t) { return {t.size(0), t.size(1), t.size(2)}; }

void exp_values_body(const float* t, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(fast::exp(static_cast<double>(t[i])));
}
constexpr auto exp_values = clones<exp_values_body>;

/// z = mean + spread with spread = sigma eps, which is kept for the gradient.
void shift_rows_body(const float* mean, const float* sigma, const float* eps, float* spread, float* z,
                     const DrawSizes& n) {
  for (int64_t s = 0; s < n.samples; ++s)
    for (int64_t i = 0; i < n.data * n.dims; ++i, ++eps, ++spread, ++z) {
      *spread = sigma[i] * *eps;
      *z = mean[i] + *spread;
    }
}
constexpr auto shift_rows = clones<shift_rows_body>;

/// out[row] = -sum of squares / 2 - constant[row within its sample]
void log_density_rows_body(const float* value, const double* constant, float* out, const DrawSizes& n) {
  for (int64_t s = 0; s < n.samples; ++s)
    for (int64_t b = 0; b < n.data; ++b, value += n.dims)
      *out++ = static_cast<float>(-0.5 * sum_of_squares(value, n.dims) - constant[b]);
}
constexpr auto log_density_rows = clones<log_density_rows_body>;

/// Sums over the samples, of dz and of dz spread.
void sum_samples_body(const float* dz, const float* spread, float* dmean, float* dlog_scale, const DrawSizes& n) {
  const int64_t each = n.data * n.dims;
  std::fill(dmean, dmean + each, 0.f);
  std::fill(dlog_scale, dlog_scale + each, 0.f);
  for (int64_t s = 0; s < n.samples; ++s, dz += each, spread += each)
    for (int64_t i = 0; i < each; ++i) {
      dmean[i] += dz[i];
      dlog_scale[i] += dz[i] * spread[i];
    }
}
constexpr auto sum_samples = clones<sum_samples_body>;

void scale_draws_body(const float* z, const float* gradient, float* dz, int64_t rows, int64_t dims) {
  for (int64_t r = 0; r < rows; ++r, z += dims, dz += dims)
    for (int64_t j = 0; j < dims; ++j) dz[j] = -gradient[r] * z[j];
}
constexpr auto scale_draws = clones<scale_draws_body>;

/// L log(2 pi) / 2, and with it the logs of the scales where there are some.
std::vector<double> constants(const Tensor* log_scale, const DrawSizes& n) {
  std::vector<double> all(static_cast<size_t>(n.data), static_cast<double>(n.dims) * half_log_2pi);
  if (!log_scale) return all;
  const float* value = log_scale->data_ptr<float>();
  for (double& constant : all)
    for (int64_t j = 0; j < n.dims; ++j) constant += static_cast<double>(*value++);
  return all;
}

// log q comes from the noise itself: (z - mean) / sigma would lose the digits of a small sigma.
struct Draws : OnceDifferentiable<Draws> {
  static constexpr const char* name = "elbo::normal_draw";

  static variable_list forward(AutogradContext* context, const Variable& mean, const Variable& log_scale,
                               const Variable& eps) {
    context->set_materialize_grads(false);
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const DrawSizes n = draw_sizes(eps);
    const Tensor sigma = empty_floats(log_scale.sizes()), spread = empty_floats(eps.sizes()),
                 z = empty_floats(eps.sizes()), log_q = empty_floats({n.samples, n.data});
    exp_values(log_scale.data_ptr<float>(), sigma.data_ptr<float>(), sigma.numel());
    shift_rows(mean.data_ptr<float>(), sigma.data_ptr<float>(), eps.data_ptr<float>(), spread.data_ptr<float>(),
               z.data_ptr<float>(), n);
    log_density_rows(eps.data_ptr<float>(), constants(&log_scale, n).data(), log_q.data_ptr<float>(), n);
    context->save_for_backward({spread});
    return {z, log_q};
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor spread = context->get_saved_variables()[0];
    const DrawSizes n = draw_sizes(spread);
    Tensor dmean, dlog_scale;
    if (grads[0].defined()) {
      const Tensor dz = grads[0].contiguous();
      dmean = empty_floats({n.data, n.dims});
      dlog_scale = empty_floats({n.data, n.dims});
      sum_samples(dz.data_ptr<float>(), spread.data_ptr<float>(), dmean.data_ptr<float>(), dlog_scale.data_ptr<float>(),
                  n);
    }
    if (grads[1].defined()) {
      const Tensor each = grads[1].sum(0).unsqueeze(1).expand({n.data, n.dims});
      dlog_scale = dlog_scale.defined() ? dlog_scale - each : each.neg();
    }
    return {dmean, dlog_scale, Variable()};
  }
};

struct StandardLogProb : OnceDifferentiable<StandardLogProb> {
  static constexpr const char* name = "elbo::standard_normal_log_prob";

  static Variable forward(AutogradContext* context, const Variable& z) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const DrawSizes n = draw_sizes(z);
    Tensor out = empty_floats({n.samples, n.data});
    log_density_rows(z.data_ptr<float>(), constants(nullptr, n).data(), out.data_ptr<float>(), n);
    context->save_for_backward({z});
    return out;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor z = context->get_saved_variables()[0], dz = empty_floats(z.sizes());
    scale_draws(z.data_ptr<float>(), grads[0].contiguous().data_ptr<float>(), dz.data_ptr<float>(),
                z.size(0) * z.size(1), z.size(2));
    return {dz};
  }
};

// Cancels when q is close to the prior, so in float64. The excess sigma^2 - 1 is kept for the gradient.
void kl_values_body(const float* mean, const float* log_scale, float* excess, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double m = mean[i], log_variance = 2 * static_cast<double>(log_scale[i]), more = fast::exp(log_variance) - 1;
    excess[i] = static_cast<float>(more);
    out[i] = static_cast<float>(0.5 * (more - log_variance + m * m));
  }
}
constexpr auto kl_values = clones<kl_values_body>;

/// Of values that get the same gradient, or each its own.
void multiply_body(const float* gradient, bool same, const float* factor, float* out, int64_t n) {
  if (same)
    for (int64_t i = 0; i < n; ++i) out[i] = *gradient * factor[i];
  else
    for (int64_t i = 0; i < n; ++i) out[i] = gradient[i] * factor[i];
}
constexpr auto multiply = clones<multiply_body>;

struct Kl : OnceDifferentiable<Kl> {
  static constexpr const char* name = "elbo::normal_kl";

  static Variable forward(AutogradContext* context, const Variable& mean, const Variable& log_scale) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    Tensor excess = empty_floats(mean.sizes()), out = empty_floats(mean.sizes());
    kl_values(mean.data_ptr<float>(), log_scale.data_ptr<float>(), excess.data_ptr<float>(), out.data_ptr<float>(),
              out.numel());
    context->save_for_backward({mean, excess});
    return out;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const bool same = same_everywhere(grads[0]);
    const Tensor gradient = same ? grads[0] : grads[0].contiguous();
    variable_list gradients;
    for (const Variable& factor : context->get_saved_variables()) {
      gradients.push_back(empty_floats(factor.sizes()));
      multiply(gradient.data_ptr<float>(), same, factor.data_ptr<float>(), gradients.back().data_ptr<float>(),
               factor.numel());
    }
    return gradients;
  }
};

}  // namespace

std::pair<Tensor, Tensor> normal_draw(const Tensor& mean, const Tensor& log_scale, const Tensor& eps) {
  if (fused_kernels() && is_float_here(mean) && is_float_here(log_scale) && is_float_here(eps) &&
      mean.sizes() == log_scale.sizes() && mean.sizes() == eps.sizes().slice(1)) {
    const variable_list drawn = Draws::apply(mean.contiguous(), log_scale.contiguous(), eps.contiguous());
    return {drawn[0], drawn[1]};
  }
  const auto dims = static_cast<double>(eps.size(2));
  return {mean + log_scale.exp() * eps, eps.square().sum(2) * -0.5 - (log_scale.sum(1) + dims * half_log_2pi)};
}

Tensor standard_normal_log_prob(const Tensor& z) {
  if (fused_kernels() && is_float_here(z) && z.dim() == 3) return StandardLogProb::apply(z.contiguous());
  return z.square().sum(2) * -0.5 - static_cast<double>(z.size(2)) * half_log_2pi;
}

Tensor normal_kl(const Tensor& mean, const Tensor& log_scale) {
  if (fused_kernels() && is_float_here(mean) && is_float_here(log_scale) && mean.sizes() == log_scale.sizes())
    return Kl::apply(mean.contiguous(), log_scale.contiguous());
  // expm1(v) - v, not exp(v) - 1 - v: no cancellation when q is close to the prior.
  const Tensor log_variance = 2 * log_scale;
  return 0.5 * (log_variance.expm1() - log_variance + mean.square());
}

}  // namespace elbo
