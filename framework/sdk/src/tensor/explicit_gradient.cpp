#include "sdk/src/tensor/explicit_gradient.hpp"

#include <ATen/ExpandUtils.h>

#include <elbo/once_differentiable.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Rule : OnceDifferentiable<Rule> {
  static constexpr const char* name = "a function of elbo/tensor.hpp or elbo/distributions.hpp";

  static Variable forward(AutogradContext* context, const Variable& a, const Variable& b, const Variable& c,
                          const TernaryRule& f) {
    Derived derived = f(a, b, c, true);
    context->save_for_backward({derived.da, derived.db, derived.dc});
    return derived.value;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    variable_list chain = context->get_saved_variables();
    for (Variable& d : chain)
      if (d.defined()) d = grads[0] * d;
    chain.emplace_back();  // of the function
    return chain;
  }
};

Tensor run(const Tensor& a, const Tensor& b, const Tensor& c, const TernaryRule& f) {
  const bool wanted = at::GradMode::is_enabled() && (a.requires_grad() || b.requires_grad() || c.requires_grad());
  return wanted ? Rule::apply(a, b, c, f) : f(a, b, c, false).value;
}

}  // namespace

// autograd refuses an undefined argument; detached copies take the places of those that a rule lacks

Tensor apply_rule(const Tensor& a, const UnaryRule& f) {
  const Tensor none = a.detach();
  return run(a, none, none,
             [&f](const Tensor& t, const Tensor&, const Tensor&, bool derivatives) { return f(t, derivatives); });
}

Tensor apply_rule(const Tensor& a, const Tensor& b, const BinaryRule& f) {
  return apply_rule(a, b, a.detach(), [&f](const Tensor& s, const Tensor& t, const Tensor&, bool derivatives) {
    return f(s, t, derivatives);
  });
}

Tensor apply_rule(const Tensor& a, const Tensor& b, const Tensor& c, const TernaryRule& f) {
  const Shape shape = at::infer_size(at::infer_size(a.sizes(), b.sizes()), c.sizes());
  const auto in_shape = [&shape](const Tensor& t) { return t.sizes() == at::IntArrayRef(shape) ? t : t.expand(shape); };
  return run(in_shape(a), in_shape(b), in_shape(c), f);
}

}  // namespace elbo
