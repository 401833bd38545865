#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <cmath>
#include <limits>

#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>

#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/sinhc.hpp"

namespace elbo {
namespace {

// sum of c_k u^(k+1)
Tensor sinhc_polynomial(const Tensor& u) {
  Tensor sum = u * sinhc_series[7];
  for (int k = 6; k >= 0; --k) sum.add_(sinhc_series[k]).mul_(u);
  return sum;
}

// Its derivative divided by 2t, u = t^2: sum of (k+1) c_k u^k
Tensor sinhc_polynomial_slope(const Tensor& u) {
  Tensor sum = u * (8 * sinhc_series[7]);
  for (int k = 6; k > 0; --k) sum.add_((k + 1) * sinhc_series[k]).mul_(u);
  return sum.add_(sinhc_series[0]);
}

// low where `is_low`, else high; both are finite where they are not used. Several times faster than at::where, whose
// loop on the CPU is scalar.
Tensor join(const Tensor& is_low, const Tensor& low, const Tensor& high) {
  const Tensor mask = is_low.to(low.scalar_type());
  return low * mask + high * (1 - mask);
}

Tensor log1mexp_value(const Tensor& t) {
  return join(t < log_2, t.clamp_max(log_2).neg().expm1_().neg_().log_(),
              t.clamp_min(log_2).neg().exp_().neg_().log1p_());
}

}  // namespace

Tensor softplus(const Tensor& t) { return at::log_sigmoid(t.neg()).neg(); }

Tensor log_sigmoid(const Tensor& t) { return at::log_sigmoid(t); }

Tensor log1mexp(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    return {log1mexp_value(u), derivatives ? u.expm1().reciprocal() : Tensor(), {}};
  });
}

Tensor log_add_exp(const Tensor& a, const Tensor& b) { return at::logaddexp(a, b); }

Tensor log_sinhc(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    const Tensor near = u.abs() < 0.5, square = u * u, twice = u.abs() * 2;
    const Tensor far = twice / 2 - twice.log() + twice.neg().exp().neg().log1p();
    const Tensor value = at::where(near, sinhc_polynomial(square), far);
    if (!derivatives) return {value, {}, {}};
    return {value, at::where(near, sinhc_polynomial_slope(square) * u * 2, u.tanh().reciprocal() - u.reciprocal()), {}};
  });
}

Tensor log1mexpc(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    const Tensor near = u < 1, half = u.clamp_max(1) / 2, far = u.clamp_min(1), square = half * half;
    const Tensor value = join(near, sinhc_polynomial(square) - half, (far.neg().expm1_() / far).neg_().log_());
    if (!derivatives) return {value, {}, {}};
    const Tensor slope = sinhc_polynomial_slope(square) * half - 0.5;
    return {value, join(near, slope, far.expm1().reciprocal_() - far.reciprocal()), {}};
  });
}

// With e = b - a: sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(-e)), exact and free of cancellation.
Tensor log_sigmoid_difference(const Tensor& a, const Tensor& b) {
  return at::log_sigmoid(b) + at::log_sigmoid(a.neg()) + log1mexp(b - a);
}

Tensor minus_inf_outside(const Tensor& valid, const Tensor& log_p) {
  const Tensor outside = valid.dim() > 1 ? valid.flatten(1).all(1).logical_not() : valid.logical_not();
  return log_p.masked_fill(outside, -std::numeric_limits<double>::infinity());
}

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// With e = exp(logits - their maximum): of the most likely level log p is -log(1 + the sum of the other e), which keeps the digits
// that log_softmax loses beside 1; and the derivative at k, 1 - p_k, is the other levels' share.
struct LogSoftmaxAt : OnceDifferentiable<LogSoftmaxAt> {
  static constexpr const char* name = "elbo::log_softmax_at";

  static Variable forward(AutogradContext* context, const Variable& logits, const Variable& index) {
    const Tensor largest = logits.amax(2, true), below = logits.gather(2, index) - largest, own = below.exp();
    const Tensor others = (logits - largest).exp_().scatter_(2, index, 0), rest = others.sum(2, true);
    context->save_for_backward({others, rest, (rest + own).reciprocal(), index});
    return elbo::where(below == 0, rest.log1p().neg(), below - (rest + own).log()).squeeze(2);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &others = saved[0], &rest = saved[1], &index = saved[3], share = grads[0].unsqueeze(2) * saved[2];
    return {(others * -share).scatter_(2, index, rest * share), Variable()};
  }
};

}  // namespace

Tensor log_softmax_at(const Tensor& k, const Tensor& logits) {
  Shape one = logits.sizes().vec();
  one[2] = 1;
  return LogSoftmaxAt::apply(logits, k.unsqueeze(0).unsqueeze(2).expand(one).contiguous());
}

Tensor zeros(const Shape& shape, const Tensor& like) { return at::zeros(shape, like.options().requires_grad(false)); }
Tensor full(const Shape& shape, double value, const Tensor& like) {
  return at::full(shape, value, like.options().requires_grad(false));
}
Tensor arange(int64_t n, const Tensor& like) { return at::arange(n, like.options().requires_grad(false)); }

Tensor zeros(const Shape& shape) { return at::zeros(shape); }
Tensor ones(const Shape& shape) { return at::ones(shape); }
Tensor full(const Shape& shape, double value) { return at::full(shape, value, at::TensorOptions(at::kFloat)); }

Tensor tensor_of(const std::vector<double>& values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != numel(shape))
    throw Error("tensor_of: " + std::to_string(values.size()) + " values do not fill the shape " + to_string(shape));
  Tensor t = at::zeros(shape, at::TensorOptions(at::kDouble));
  std::copy(values.begin(), values.end(), t.data_ptr<double>());
  return t.to(at::kFloat);
}

Tensor cat(const std::vector<Tensor>& parts, int64_t dim) { return at::cat(parts, dim); }
Tensor stack(const std::vector<Tensor>& parts, int64_t dim) { return at::stack(parts, dim); }
Tensor where(const Tensor& condition, const Tensor& yes, const Tensor& no) { return at::where(condition, yes, no); }

Tensor sum_event(const Tensor& t) {
  if (t.dim() < 2) throw Error("sum_event: found the shape " + to_string(t.sizes().vec()) + "; expected [S, B, X...]");
  return t.dim() == 2 ? t : t.flatten(2).sum(2);
}

}  // namespace elbo
