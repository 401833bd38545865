// Two layers of one input, as the mean and the log-scale of a posterior are: one product with both weights side by side, each way.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

#include <elbo/once_differentiable.hpp>
#include "fused.hpp"

#include <algorithm>

#include "loops.hpp"
#include "undispatched.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Columns `first` and on of `both` [rows, all] <- part [rows, columns]
void put(const Tensor& part, Tensor& both, int64_t first) {
  const int64_t columns = part.size(1), all = both.size(1);
  const float* from = part.data_ptr<float>();
  float* to = both.data_ptr<float>() + first;
  for (int64_t r = 0; r < part.size(0); ++r, from += columns, to += all) std::copy_n(from, columns, to);
}

Tensor taken(const Tensor& both, int64_t first, int64_t columns) {
  Tensor part = empty_floats({both.size(0), columns});
  const float* from = both.data_ptr<float>() + first;
  float* to = part.data_ptr<float>();
  for (int64_t r = 0; r < both.size(0); ++r, from += both.size(1), to += columns) std::copy_n(from, columns, to);
  return part;
}

Tensor plus_bias(Tensor y, const Tensor& bias) {
  const int64_t columns = y.size(1);
  float* value = y.data_ptr<float>();
  const float* b = bias.data_ptr<float>();
  for (int64_t r = 0; r < y.size(0); ++r, value += columns)
    for (int64_t c = 0; c < columns; ++c) value[c] += b[c];
  return y;
}

Tensor sums_over_rows(const Tensor& t) {
  std::vector<double> sums(static_cast<size_t>(t.size(1)));
  const float* value = t.data_ptr<float>();
  for (int64_t r = 0; r < t.size(0); ++r)
    for (double& sum : sums) sum += static_cast<double>(*value++);
  Tensor out = empty_floats({t.size(1)});
  std::copy(sums.begin(), sums.end(), out.data_ptr<float>());
  return out;
}

/// A gradient [in, out] as one of `weight` [out, in], in that one's order in memory.
Tensor lying_as(const Tensor& weight, const Tensor& gradient) {
  return weight.is_contiguous() ? transposed(gradient).contiguous() : transposed(gradient);
}

struct Pair : OnceDifferentiable<Pair> {
  static constexpr const char* name = "elbo::linear_pair";

  static variable_list forward(AutogradContext* context, const Variable& x, const Variable& weight1,
                               const Variable& bias1, const Variable& weight2, const Variable& bias2) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor weights = at::cat({transposed(weight1), transposed(weight2)}, 1);
    const Tensor both = x.mm(weights);
    context->save_for_backward({x, weights, weight1, weight2});
    const int64_t first = weight1.size(0);
    return {plus_bias(taken(both, 0, first), bias1), plus_bias(taken(both, first, weight2.size(0)), bias2)};
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weights = saved[1];
    const Tensor dy1 = grads[0].contiguous(), dy2 = grads[1].contiguous();
    const int64_t first = dy1.size(1);
    Tensor dy = empty_floats({x.size(0), weights.size(1)});
    put(dy1, dy, 0);
    put(dy2, dy, first);
    const Tensor dx = context->needs_input_grad(0) ? dy.mm(transposed(weights)) : Variable();
    if (!context->needs_input_grad(1) && !context->needs_input_grad(3))
      return {dx, Variable(), sums_over_rows(dy1), Variable(), sums_over_rows(dy2)};
    const Tensor dw = transposed(x).mm(dy);
    return {dx, lying_as(saved[2], taken(dw, 0, first)), sums_over_rows(dy1),
            lying_as(saved[3], taken(dw, first, dy2.size(1))), sums_over_rows(dy2)};
  }
};

}  // namespace

std::pair<Tensor, Tensor> linear_pair(const Tensor& x, const Affine& a, const Affine& b) {
  for (const Tensor* t : {&x, &a.weight, &a.bias, &b.weight, &b.bias})
    if (!fused_kernels() || x.dim() != 2 || !is_float_here(*t))
      return {linear(x, a.weight, a.bias), linear(x, b.weight, b.bias)};
  const variable_list both = Pair::apply(x, a.weight, a.bias.contiguous(), b.weight, b.bias.contiguous());
  return {both[0], both[1]};
}

}  // namespace elbo
