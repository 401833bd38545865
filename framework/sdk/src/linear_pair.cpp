// Two layers of one input, as the mean and the log-scale of a posterior are: one product with both weights side by side, each way.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>

#include <elbo/fused.hpp>

#include <algorithm>

#include "loops.hpp"
#include "undispatched.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Columns `first` and on of `both` [rows, all], as many as `part` [rows, columns] has; f(value of both, value of part, column).
template <class F>
void side_by_side(Tensor& both, int64_t first, Tensor& part, F&& f) {
  const int64_t rows = part.size(0), columns = part.size(1), all = both.size(1);
  for (int64_t r = 0; r < rows; ++r) {
    float *whole = both.data_ptr<float>() + r * all + first, *own = part.data_ptr<float>() + r * columns;
    for (int64_t c = 0; c < columns; ++c) f(whole[c], own[c], c);
  }
}

/// Columns of `both` and, if there is one, a bias added to them.
Tensor taken_from(Tensor& both, int64_t first, int64_t columns, const float* bias) {
  Tensor part = empty_floats({both.size(0), columns});
  side_by_side(both, first, part, [bias](const float& whole, float& own, int64_t c) { own = bias ? whole + bias[c] : whole; });
  return part;
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

struct Pair : torch::autograd::Function<Pair> {
  static variable_list forward(AutogradContext* context, const Variable& x, const Variable& weight1, const Variable& bias1, const Variable& weight2,
                               const Variable& bias2) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor weights = at::cat({transposed(weight1), transposed(weight2)}, 1);
    Tensor both = x.mm(weights);
    context->save_for_backward({x, weights, weight1, weight2});
    const int64_t first = weight1.size(0);
    return {taken_from(both, 0, first, bias1.data_ptr<float>()), taken_from(both, first, weight2.size(0), bias2.data_ptr<float>())};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weights = saved[1];
    Tensor dy1 = grads[0].contiguous(), dy2 = grads[1].contiguous(), dy = empty_floats({x.size(0), weights.size(1)});
    const auto put = [](float& whole, const float& own, int64_t) { whole = own; };
    const int64_t first = dy1.size(1);
    side_by_side(dy, 0, dy1, put);
    side_by_side(dy, first, dy2, put);
    const Tensor dx = context->needs_input_grad(0) ? dy.mm(transposed(weights)) : Variable();
    if (!context->needs_input_grad(1) && !context->needs_input_grad(3)) return {dx, Variable(), sums_over_rows(dy1), Variable(), sums_over_rows(dy2)};
    Tensor dw = transposed(x).mm(dy);
    return {dx, lying_as(saved[2], taken_from(dw, 0, first, nullptr)), sums_over_rows(dy1),
            lying_as(saved[3], taken_from(dw, first, dy2.size(1), nullptr)), sums_over_rows(dy2)};
  }
};

}  // namespace

std::pair<Tensor, Tensor> linear_pair(const Tensor& x, const Affine& a, const Affine& b) {
  for (const Tensor* t : {&x, &a.weight, &a.bias, &b.weight, &b.bias})
    if (!fused_kernels() || x.dim() != 2 || !is_float_here(*t)) return {linear(x, a.weight, a.bias), linear(x, b.weight, b.bias)};
  const variable_list both = Pair::apply(x, a.weight, a.bias.contiguous(), b.weight, b.bias.contiguous());
  return {both[0], both[1]};
}

}  // namespace elbo
