// What a plugin of any kind must keep: memory, its results on several threads, and every tensor that it trains.
#pragma once
#include <elbo/component.hpp>

#include <functional>
#include <vector>

#include "conformance/property.hpp"

namespace elbo::conformance {

/// Throws Failure when 1000 calls leave more memory in use than a few of them do.
void expect_steady_memory(const std::function<void()>& call);

/// Throws Failure when results() on two threads differ from those on one by more than rounding.
void expect_same_on_two_threads(const std::function<std::vector<Tensor>()>& results);

/// Throws Failure when `value` depends on a tensor that requires a gradient and is neither given nor a parameter of the module,
/// or when the module registers one tensor under two names.
void expect_all_registered(const Module& module, const Tensor& value, const std::vector<Tensor>& given);

}  // namespace elbo::conformance
