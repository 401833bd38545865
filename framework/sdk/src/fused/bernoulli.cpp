#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <elbo/distributions.hpp>
#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/fused/fused.hpp"
#include "sdk/src/tensor/clones.hpp"

#include <algorithm>
#include <limits>

#include "sdk/src/tensor/fast_math.hpp"
#include "sdk/src/tensor/loops.hpp"
#include "sdk/src/tensor/raw_tensor.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// One row: returns the sum over n values, and writes the derivatives x - sigmoid(l) where they are wanted.
// With s = l at x = 1 and -l at x = 0: log sigmoid(s) = min(s, 0) - log1p(e^-|s|).
template <bool with_slope>
[[gnu::always_inline]] inline float row(const float* x, const float* logit, float* slope, int64_t n) {
  constexpr int64_t chunk = 128;  // summed in float32, the chunks in float64
  double sum = 0;
  bool all_valid = true;
  for (int64_t first = 0; first < n; first += chunk) {
    const int64_t last = std::min(n, first + chunk);
    float part = 0;
    int valid = 1;
#pragma omp simd reduction(+ : part) reduction(& : valid)
    for (int64_t i = first; i < last; ++i) {
      const float l = logit[i], s = x[i] == 0 ? -l : l, low = s < 0 ? s : 0.f;  // NaN goes on in t
      const float t = fast::exp_negative(s < 0 ? s : -s);
      valid &= (x[i] == 0) | (x[i] == 1);
      const float one = 1 + t, two = 2 + t, inverse = 1 / (one * two);  // one division for both quotients
      part += low - fast::twice_atanh(t * one * inverse);               // log1p(t) = 2 atanh(t / (2 + t))
      if (with_slope) {
        const float wrong = (s < 0 ? two : t * two) * inverse;  // sigmoid(-s)
        slope[i] = x[i] == 0 ? -wrong : wrong;
      }
    }
    sum += part;
    all_valid = all_valid && valid;
  }
  if (all_valid) return static_cast<float>(sum);
  if (with_slope) std::fill(slope, slope + n, 0.f);
  return -std::numeric_limits<float>::infinity();
}

struct LogitSizes {
  int64_t samples, data, event;
};

/// Rows first to last of all samples; `slope` may be null without slopes.
template <bool with_slope>
[[gnu::always_inline]] inline void rows(const float* x, const float* logit, float* out, float* slope,
                                        const LogitSizes& n, int64_t first, int64_t last) {
  for (int64_t r = first; r < last; ++r)
    out[r] = row<with_slope>(x + r % n.data * n.event, logit + r * n.event, slope + r * n.event, n.event);
}

void values_body(const float* x, const float* logit, float* out, const LogitSizes& n, int64_t first, int64_t last) {
  rows<false>(x, logit, out, nullptr, n, first, last);
}
constexpr auto values = clones<values_body>;

constexpr auto values_and_slopes = clones<rows<true>>;

/// stride: from a row's factor to the next one's, 0 where all have the same.
void scale_rows_body(const float* slope, const float* factor, int64_t stride, float* out, int64_t event, int64_t first,
                     int64_t last) {
  for (int64_t r = first; r < last; ++r)
    for (int64_t i = r * event; i < (r + 1) * event; ++i) out[i] = factor[r * stride] * slope[i];
}
constexpr auto scale_rows = clones<scale_rows_body>;

/// f(first, last) on shares of the rows of all samples.
template <class F>
void for_rows(const LogitSizes& n, F&& f) {
  at::parallel_for(0, n.samples * n.data, rows_of_a_share(n.event), f);
}

LogitSizes logit_sizes(const Tensor& logit) {
  const int64_t rows = logit.size(0) * logit.size(1);
  return {logit.size(0), logit.size(1), rows == 0 ? 0 : logit.numel() / rows};
}

struct Bernoulli : OnceDifferentiable<Bernoulli> {
  static constexpr const char* name = "elbo::bernoulli_log_prob";

  static Variable forward(AutogradContext* context, const Variable& x, const Variable& logit) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    Tensor out = empty_floats({logit.size(0), logit.size(1)}), slope = empty_floats(logit.sizes());
    const LogitSizes n = logit_sizes(logit);
    for_rows(n, [&](int64_t first, int64_t last) {
      values_and_slopes(x.data_ptr<float>(), logit.data_ptr<float>(), out.data_ptr<float>(), slope.data_ptr<float>(), n,
                        first, last);
    });
    context->save_for_backward({slope});
    return out;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor slope = context->get_saved_variables()[0],
                 gradient = same_everywhere(grads[0]) ? grads[0] : grads[0].contiguous();
    const int64_t stride = same_everywhere(gradient) ? 0 : 1;
    Tensor dlogit = empty_floats(slope.sizes());
    const LogitSizes n = logit_sizes(slope);
    for_rows(n, [&](int64_t first, int64_t last) {
      scale_rows(slope.data_ptr<float>(), gradient.data_ptr<float>(), stride, dlogit.data_ptr<float>(), n.event, first,
                 last);
    });
    return {Variable(), dlogit};
  }
};

Tensor plain(const Tensor& x, const Tensor& logit) {
  return minus_inf_outside((x == 0).logical_or(x == 1), sum_event(elbo::log_sigmoid((x * 2 - 1) * logit)));
}

}  // namespace

Tensor bernoulli_log_prob(const Tensor& x, const Tensor& logit) {
  const bool known = is_float_here(logit) && x.scalar_type() == at::kFloat && !x.requires_grad() && logit.dim() > 2 &&
                     x.sizes() == logit.sizes().slice(1);
  if (!fused_kernels() || !known) return plain(x, logit);
  if (at::GradMode::is_enabled() && logit.requires_grad()) return Bernoulli::apply(x.contiguous(), logit.contiguous());
  const Tensor given = x.contiguous(), l = logit.contiguous();
  Tensor out = empty_floats({l.size(0), l.size(1)});
  const LogitSizes n = logit_sizes(l);
  for_rows(n, [&](int64_t first, int64_t last) {
    values(given.data_ptr<float>(), l.data_ptr<float>(), out.data_ptr<float>(), n, first, last);
  });
  return out;
}

}  // namespace elbo
