// The derivative of a gradient penalty, which a hand-written backward pass gets right or refuses.
#pragma once
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sdk/src/fused/fused.hpp"

namespace elbo::testing {

using Leaves = std::vector<Tensor>;
using OfLeaves = std::function<Tensor(const Leaves&)>;

/// The gradients by all leaves of sum over some leaves of |df / dleaf|^2, f's values under a sine so that it is bent.
inline Leaves penalty_gradient(const OfLeaves& f, Leaves leaves, const std::vector<size_t>& penalised) {
  for (Tensor& t : leaves) t = t.detach().clone(at::MemoryFormat::Preserve).requires_grad_();
  Leaves towards;
  for (const size_t i : penalised) towards.push_back(leaves[i]);
  const auto first =
      torch::autograd::grad({f(leaves).sin().sum()}, towards, {}, {}, /*create_graph=*/true, /*allow_unused=*/true);
  Tensor penalty = zeros({}, leaves[0]);
  for (const Tensor& g : first)
    if (g.defined()) penalty = penalty + g.square().sum();
  auto second = torch::autograd::grad({penalty}, leaves, {}, false, false, /*allow_unused=*/true);
  for (size_t i = 0; i < leaves.size(); ++i)
    if (!second[i].defined()) second[i] = zeros(leaves[i].sizes().vec(), leaves[i]);
  return second;
}

/// The same, or nothing and the error's text.
inline std::optional<Leaves> penalty_gradient_or_error(const OfLeaves& f, const Leaves& leaves,
                                                       const std::vector<size_t>& penalised, std::string& error) {
  try {
    return penalty_gradient(f, leaves, penalised);
  } catch (const std::exception& e) {
    error = e.what();
    return {};
  }
}

/// Fused, the penalty's gradient is that of the plain twin, or an error that names the function and the remedy; for the penalty on
/// all leaves and on each.
inline void expect_no_silent_second_derivative(const std::string& name, const OfLeaves& f, const Leaves& leaves) {
  std::vector<std::vector<size_t>> choices(1);
  for (size_t i = 0; i < leaves.size(); ++i) {
    choices.front().push_back(i);
    choices.push_back({i});
  }
  for (const auto& penalised : choices) {
    use_fused_kernels(false);
    const Leaves plain = penalty_gradient(f, leaves, penalised);
    use_fused_kernels(true);
    std::string error;
    const auto ours = penalty_gradient_or_error(f, leaves, penalised, error);
    if (!ours) {
      EXPECT_NE(error.find("second derivative"), std::string::npos) << name << ": " << error;
      EXPECT_NE(error.find("use_fused_kernels(false)"), std::string::npos) << name << ": " << error;
      continue;
    }
    for (size_t i = 0; i < leaves.size(); ++i)
      EXPECT_TRUE((*ours)[i].allclose(plain[i], 1e-3, 1e-4))
          << name << ", leaf " << i << ", " << penalised.size() << " penalised";
  }
}

}  // namespace elbo::testing
