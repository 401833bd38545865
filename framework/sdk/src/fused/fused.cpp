#include "sdk/src/fused/fused.hpp"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "sdk/src/tensor/loops.hpp"

namespace elbo {
namespace {

bool wanted_at_start() {
  const char* kernels = std::getenv("ELBO_KERNELS");
  return !kernels || std::string_view(kernels) != "plain";
}

std::atomic<bool> on = wanted_at_start();

}  // namespace

bool fused_kernels() { return on; }
void use_fused_kernels(bool wanted) { on = wanted; }

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

enum class Wanted { data, weights };

/// One gradient of y = conv2d(x, weight), given dy.
Tensor gradient(Wanted wanted, const Tensor& dy, const Tensor& x, const Tensor& weight, int64_t stride,
                int64_t padding) {
  const auto all =
      at::convolution_backward(dy, x, weight, c10::nullopt, {stride, stride}, {padding, padding}, {1, 1}, false, {0, 0},
                               1, {wanted == Wanted::data, wanted == Wanted::weights, false});
  return wanted == Wanted::data ? std::get<0>(all) : std::get<1>(all);
}

// A transposed convolution is the backward pass of a convolution, for which libtorch 1.13 has oneDNN; its own goes by way
// of a matrix of patches, at half the speed.
struct ConvTranspose : torch::autograd::Function<ConvTranspose> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight, const Variable& bias,
                          int64_t stride, int64_t padding) {
    const auto size = [&](int64_t in, int64_t kernel) { return (in - 1) * stride - 2 * padding + kernel; };
    const Tensor like = at::empty(
        {x.size(0), weight.size(1), size(x.size(2), weight.size(2)), size(x.size(3), weight.size(3))}, x.options());
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return gradient(Wanted::data, x, like, weight, stride, padding).add_(bias.view({1, -1, 1, 1}));
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const int64_t stride = context->saved_data["stride"].toInt(), padding = context->saved_data["padding"].toInt();
    const Tensor &x = saved[0], &weight = saved[1], dy = grads[0].contiguous();
    return {context->needs_input_grad(0) ? at::conv2d(dy, weight, {}, stride, padding) : Variable(),
            context->needs_input_grad(1) ? gradient(Wanted::weights, x, dy, weight, stride, padding) : Variable(),
            context->needs_input_grad(2) ? dy.sum({0, 2, 3}) : Variable(), Variable(), Variable()};
  }
};

}  // namespace

Tensor fused::conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride,
                               int64_t padding) {
  if (!fused_kernels() || !is_float_here(x)) return at::conv_transpose2d(x, weight, bias, stride, padding);
  return ConvTranspose::apply(x.contiguous(), weight, bias, stride, padding);
}

}  // namespace elbo
