// A fused composition beside its plain twin.
#pragma once
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "sdk/src/fused/fused.hpp"

namespace elbo::testing {

/// What f gives with fused kernels on and off.
template <class F>
auto both_ways(const F& f) {
  use_fused_kernels(false);
  const auto plain = f();
  use_fused_kernels(true);
  return std::make_pair(f(), plain);
}

inline void expect_equal(const std::vector<Tensor>& ours, const std::vector<Tensor>& plain, double tolerance) {
  ASSERT_EQ(ours.size(), plain.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    ASSERT_EQ(ours[i].sizes(), plain[i].sizes());
    EXPECT_TRUE(ours[i].allclose(plain[i], tolerance, tolerance, true)) << "result " << i << "\n"
                                                                        << (ours[i] - plain[i]).abs().max();
  }
}

inline double tolerance_of(at::ScalarType dtype) { return dtype == at::kFloat ? 2e-5 : 1e-12; }

}  // namespace elbo::testing
