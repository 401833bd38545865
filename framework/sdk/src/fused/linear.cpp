#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>

#include <elbo/once_differentiable.hpp>
#include "sdk/src/fused/fused.hpp"
#include "sdk/src/tensor/clones.hpp"

#include <algorithm>
#include <vector>

#include "sdk/src/fused/sparse_rows.hpp"
#include "sdk/src/tensor/fast_math.hpp"
#include "sdk/src/tensor/loops.hpp"
#include "sdk/src/tensor/raw_tensor.hpp"

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr float leak = 0.01f;

template <Activation a>
inline float value(float t) {
  if constexpr (a == Activation::tanh) return fast::tanh(t);
  if constexpr (a == Activation::relu) return t < 0 ? 0.f : t;
  if constexpr (a == Activation::leaky_relu) return t < 0 ? leak * t : t;
  return t;
}

/// The derivative, from the value.
template <Activation a>
inline float slope(float y) {
  if constexpr (a == Activation::tanh) return (1 - y) * (1 + y);
  if constexpr (a == Activation::relu) return y > 0 ? 1.f : 0.f;
  if constexpr (a == Activation::leaky_relu) return y > 0 ? 1.f : leak;
  return 1;
}

/// y <- a(y + bias), y [rows, columns]
template <Activation a>
[[gnu::always_inline]] inline void add_and_bend(float* y, const float* bias, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r, y += columns)
    for (int64_t c = 0; c < columns; ++c) y[c] = value<a>(y[c] + bias[c]);
}

struct Rows {
  int64_t rows, columns, stride;  // stride: from one row to the next
};

/// dt = dy a'(t) where dt is wanted, and its sums over the rows: added up in float32 for 32 rows, then in float64.
template <Activation a>
[[gnu::always_inline]] inline void slopes_and_sums(const float* dy, const float* y, float* dt, float* sums,
                                                   const Rows& n) {
  const auto [rows, columns, stride] = n;
  std::vector<double> all(static_cast<size_t>(columns));
  std::vector<float> some(static_cast<size_t>(columns));
  float* part = some.data();
  for (int64_t first = 0; first < rows; first += 32) {
    for (int64_t r = first; r < std::min(rows, first + 32); ++r, dy += stride) {
      if constexpr (a == Activation::identity) {
        for (int64_t c = 0; c < columns; ++c) part[c] += dy[c];
      } else {
        for (int64_t c = 0; c < columns; ++c) {
          const float d = dy[c] * slope<a>(y[c]);
          dt[c] = d;
          part[c] += d;
        }
        y += stride;
        dt += stride;
      }
    }
    for (int64_t c = 0; c < columns; ++c) all[static_cast<size_t>(c)] += part[c];
    std::fill(some.begin(), some.end(), 0.f);
  }
  std::copy(all.begin(), all.end(), sums);
}

// The choice is made outside the loops: inside, a compiler could not turn them into vector code.
void forward_rows_body(Activation a, float* y, const float* bias, Rows n) {
  switch (a) {
    case Activation::identity:
      return add_and_bend<Activation::identity>(y, bias, n.rows, n.columns);
    case Activation::tanh:
      return add_and_bend<Activation::tanh>(y, bias, n.rows, n.columns);
    case Activation::relu:
      return add_and_bend<Activation::relu>(y, bias, n.rows, n.columns);
    case Activation::leaky_relu:
      return add_and_bend<Activation::leaky_relu>(y, bias, n.rows, n.columns);
  }
}
constexpr auto forward_rows = clones<forward_rows_body>;

void backward_rows_body(Activation a, const float* dy, const float* y, float* dt, float* sums, Rows n) {
  switch (a) {
    case Activation::identity:
      return slopes_and_sums<Activation::identity>(dy, y, dt, sums, n);
    case Activation::tanh:
      return slopes_and_sums<Activation::tanh>(dy, y, dt, sums, n);
    case Activation::relu:
      return slopes_and_sums<Activation::relu>(dy, y, dt, sums, n);
    case Activation::leaky_relu:
      return slopes_and_sums<Activation::leaky_relu>(dy, y, dt, sums, n);
  }
}
constexpr auto backward_rows = clones<backward_rows_body>;

/// The gradient of weight [out, in], lying in memory as the weight does, so that nobody has to copy it straight.
Tensor weight_gradient(const Tensor& dt, const Tensor& x, const Tensor& weight, const c10::IValue& sparse_x) {
  if (!sparse_x.isNone())
    return transposed(c10::static_intrusive_pointer_cast<SparseRows>(sparse_x.toCapsule())->transposed().times(dt));
  return weight.is_contiguous() ? transposed(dt).mm(x) : transposed(transposed(x).mm(dt));
}

struct Layer : OnceDifferentiable<Layer> {
  static constexpr const char* name = "elbo::linear";

  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight, const Variable& bias,
                          int64_t activation) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const Tensor factor = transposed(weight);
    const auto sparse = factor.is_contiguous() ? SparseRows::of(x, weight.size(0)) : c10::intrusive_ptr<SparseRows>();
    const Tensor y = sparse ? sparse->times(factor) : x.mm(factor);
    const int64_t columns = y.size(1);
    at::parallel_for(0, y.size(0), rows_of_a_share(columns), [&](int64_t first, int64_t last) {
      forward_rows(static_cast<Activation>(activation), y.data_ptr<float>() + first * columns, bias.data_ptr<float>(),
                   {last - first, columns, columns});
    });
    context->save_for_backward({x, weight, y});
    context->saved_data["activation"] = activation;
    if (sparse) context->saved_data["sparse x"] = c10::IValue::make_capsule(sparse);
    return y;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const variable_list saved = context->get_saved_variables();
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const Tensor &x = saved[0], &weight = saved[1], &y = saved[2], dy = grads[0].contiguous();
    const Tensor dt = activation == Activation::identity ? dy : empty_floats(dy.sizes()),
                 sums = empty_floats({dy.size(1)});
    const int64_t rows = dy.size(0), columns = dy.size(1);
    // By columns: each sum is one thread's, and so the same with any number of them.
    at::parallel_for(0, columns, rows_of_a_share(rows), [&](int64_t first, int64_t last) {
      backward_rows(activation, dy.data_ptr<float>() + first, y.data_ptr<float>() + first, dt.data_ptr<float>() + first,
                    sums.data_ptr<float>() + first, {rows, last - first, columns});
    });
    return {context->needs_input_grad(0) ? dt.mm(weight) : Variable(),
            context->needs_input_grad(1) ? weight_gradient(dt, x, weight, context->saved_data["sparse x"]) : Variable(),
            sums, Variable()};
  }
};

Tensor bent(const Tensor& t, Activation activation) {
  switch (activation) {
    case Activation::tanh:
      return t.tanh();
    case Activation::relu:
      return t.relu();
    case Activation::leaky_relu:
      return at::leaky_relu(t, leak);
    case Activation::identity:
      break;
  }
  return t;
}

}  // namespace

Tensor fused::linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  if (!fused_kernels() || x.dim() != 2 || !is_float_here(x) || !is_float_here(weight) || !is_float_here(bias))
    return bent(at::linear(x, weight, bias), activation);
  return Layer::apply(x, weight, bias.contiguous(), static_cast<int64_t>(activation));
}

}  // namespace elbo
