// An elementwise function whose derivatives are given, not composed: the composed ones overflow, or lose all
// their digits, in the tails where a likelihood spends its first epochs.
#pragma once
#include <functional>

#include <elbo/tensor.hpp>

namespace elbo {

/// The value and its derivatives with respect to the first, second and third argument, all of one shape.
struct Derived {
  Tensor value{}, da{}, db{}, dc{};
};

/// f is called without autograd, with `derivatives` false when nobody will ask for them.
using UnaryRule = std::function<Derived(const Tensor& a, bool derivatives)>;
using BinaryRule = std::function<Derived(const Tensor& a, const Tensor& b, bool derivatives)>;
using TernaryRule = std::function<Derived(const Tensor& a, const Tensor& b, const Tensor& c, bool derivatives)>;

Tensor apply_rule(const Tensor& a, const UnaryRule& f);
/// a and b are broadcast against each other first.
Tensor apply_rule(const Tensor& a, const Tensor& b, const BinaryRule& f);
/// a, b and c are broadcast against each other first.
Tensor apply_rule(const Tensor& a, const Tensor& b, const Tensor& c, const TernaryRule& f);

}  // namespace elbo
