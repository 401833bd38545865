#include "objective/weighted_sum.hpp"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/full.h>
#include <torch/csrc/autograd/custom_function.h>

#include <elbo/fused.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

template <class Real>
double sum_in_memory(const Tensor& t) {
  double sum = 0;
  const Real* value = t.data_ptr<Real>();
  for (int64_t i = 0, n = t.numel(); i < n; ++i) sum += static_cast<double>(value[i]);
  return sum;
}

// The gradient of a sum is the same for all values: one number, seen in the shape of the tensor.
struct WeightedSum : torch::autograd::Function<WeightedSum> {
  static Variable forward(AutogradContext* context, at::TensorList terms, const std::vector<double>& factors) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    double sum = 0;
    std::vector<Shape> shapes;
    for (size_t i = 0; i < terms.size(); ++i) {
      sum += factors[i] * sum_of(terms[i]);
      shapes.push_back(terms[i].sizes().vec());
    }
    context->saved_data["factors"] = factors;
    context->saved_data["shapes"] = shapes;
    return at::full({}, sum, terms[0].options().requires_grad(false));
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const auto factors = context->saved_data["factors"].toDoubleVector();
    const auto shapes = context->saved_data["shapes"].to<std::vector<Shape>>();
    const auto gradient = grads[0].item<double>();
    variable_list gradients;
    for (size_t i = 0; i < factors.size(); ++i)
      gradients.push_back(at::full({}, gradient * factors[i], grads[0].options()).expand(shapes[i]));
    gradients.emplace_back();  // of the factors
    return gradients;
  }
};

Tensor plain(const std::vector<Summand>& summands) {
  Tensor sum;
  for (const Summand& s : summands) sum = sum.defined() ? sum + s.value() : s.value();
  return sum;
}

}  // namespace

double sum_of(const Tensor& t) {
  if (t.is_cpu() && t.is_contiguous() && t.scalar_type() == at::kFloat) return sum_in_memory<float>(t);
  if (t.is_cpu() && t.is_contiguous() && t.scalar_type() == at::kDouble) return sum_in_memory<double>(t);
  return t.detach().to(at::kDouble).sum().item<double>();
}

std::vector<double> column_sums(const Tensor& t) {
  const Tensor values = t.detach().to(at::kCPU, at::kDouble).contiguous();
  std::vector<double> sums(static_cast<size_t>(values.size(1)));
  const auto* value = values.data_ptr<double>();
  for (int64_t i = 0; i < values.size(0); ++i)
    for (double& sum : sums) sum += *value++;
  return sums;
}

Tensor weighted_sum(const std::vector<Summand>& summands) {
  variable_list terms;
  std::vector<double> factors;
  for (const Summand& s : summands) {
    if (!s.t.is_cpu() || s.t.scalar_type() != summands[0].t.scalar_type() || !fused_kernels()) return plain(summands);
    terms.push_back(s.t);
    factors.push_back(s.factor);
  }
  return WeightedSum::apply(at::TensorList(terms), factors);
}

}  // namespace elbo
