#include "model/weighted_sum.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/full.h>

#include <elbo/once_differentiable.hpp>
#include "sdk/src/fused/fused.hpp"

namespace elbo::host {
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

template <class Real>
std::vector<double> column_sums_in_memory(const Tensor& t) {
  std::vector<double> sums(static_cast<size_t>(t.size(1)));
  const Real* value = t.data_ptr<Real>();
  for (int64_t i = 0; i < t.size(0); ++i)
    for (double& sum : sums) sum += static_cast<double>(*value++);
  return sums;
}

// The gradient of a sum is the same for all values: one number, seen in the shape of the tensor.
struct WeightedSum : OnceDifferentiable<WeightedSum> {
  static constexpr const char* name = "elbo::host::weighted_sum";

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
    return scalar_like(sum, terms[0]);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView no_graph;
    const auto factors = context->saved_data["factors"].toDoubleVector();
    const auto shapes = context->saved_data["shapes"].to<std::vector<Shape>>();
    const double gradient = sum_of(grads[0]);
    variable_list gradients;
    for (size_t i = 0; i < factors.size(); ++i)
      gradients.push_back(scalar_like(gradient * factors[i], grads[0]).expand(shapes[i]));
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

// What at::full() does, which goes through the dispatcher three times.
Tensor scalar_like(double value, const Tensor& t) {
  if (!t.is_cpu() || t.scalar_type() != at::kFloat) return at::full({}, value, t.options().requires_grad(false));
  const Tensor scalar(at::detail::empty_cpu({}, at::kFloat));
  *scalar.data_ptr<float>() = static_cast<float>(value);
  return scalar;
}

double sum_of(const Tensor& t) {
  if (t.is_cpu() && t.is_contiguous() && t.scalar_type() == at::kFloat) return sum_in_memory<float>(t);
  if (t.is_cpu() && t.is_contiguous() && t.scalar_type() == at::kDouble) return sum_in_memory<double>(t);
  return t.detach().to(at::kDouble).sum().item<double>();
}

std::vector<double> column_sums(const Tensor& t) {
  if (t.is_cpu() && t.is_contiguous() && t.scalar_type() == at::kFloat) return column_sums_in_memory<float>(t);
  return column_sums_in_memory<double>(t.detach().to(at::kCPU, at::kDouble).contiguous());
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

}  // namespace elbo::host
