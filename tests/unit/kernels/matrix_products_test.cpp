// Each product against its plain-torch twin, in value and gradient.
#include "kernels/matrix_products.hpp"

#include <gtest/gtest.h>

#include <elbo/random.hpp>

#include "kernels/bf16_products.hpp"

namespace elbo::host {
namespace {

struct Results {
  Tensor product, sum, left, right, added;
};

/// The product of two parameters, however they lie in memory, and the gradients of its square.
Results products(at::ScalarType dtype, bool transposed) {
  Rng rng(1);
  Tensor a = rng.normal({1, 7, 5}).squeeze(0).to(dtype), b = rng.normal({1, 5, 9}).squeeze(0).to(dtype);
  if (transposed) a = a.t().contiguous().t(), b = b.t().contiguous().t();
  Tensor bias = rng.normal({1, 1, 9}).flatten().to(dtype);
  for (Tensor* t : {&a, &b, &bias}) t->set_requires_grad(true);
  const Tensor product = a.mm(b), sum = bias.expand({7, 9}).addmm(a, b, 0.5, 2.0);
  (product.square().sum() + sum.square().sum()).backward();
  return {product.detach(), sum.detach(), a.grad(), b.grad(), bias.grad()};
}

class Products : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const auto dtype : {at::kFloat, at::kDouble})
      for (const bool transposed : {false, true}) plain.push_back(products(dtype, transposed));
    kernels::use_onednn_products();
  }
  static inline std::vector<Results> plain;
};

TEST_F(Products, EqualTheirPlainTwinsInValueAndGradient) {
  size_t i = 0;
  for (const auto dtype : {at::kFloat, at::kDouble})
    for (const bool transposed : {false, true}) {
      const Results ours = products(dtype, transposed), &torchs = plain[i++];
      const double tolerance = dtype == at::kFloat ? 1e-4 : 1e-12;
      EXPECT_TRUE(ours.product.allclose(torchs.product, tolerance, tolerance));
      EXPECT_TRUE(ours.sum.allclose(torchs.sum, tolerance, tolerance));
      EXPECT_TRUE(ours.left.allclose(torchs.left, tolerance, tolerance));
      EXPECT_TRUE(ours.right.allclose(torchs.right, tolerance, tolerance));
      EXPECT_TRUE(ours.added.allclose(torchs.added, tolerance, tolerance));
    }
}

TEST_F(Products, AcceptViewsAndEmptyMatrices) {
  const Tensor wide = Rng(2).normal({1, 6, 8}).squeeze(0);
  const Tensor view = wide.narrow(1, 2, 4), every_other = wide.slice(1, 0, 8, 2);
  for (const Tensor& a : {view, every_other})
    EXPECT_TRUE(a.mm(a.t()).allclose((a.unsqueeze(1) * a.unsqueeze(0)).sum(2), 1e-5, 1e-5));
  EXPECT_EQ(zeros({0, 3}).mm(zeros({3, 2})).sizes().vec(), (Shape{0, 2}));
  EXPECT_TRUE(zeros({2, 0}).mm(zeros({0, 3})).equal(zeros({2, 3})));
}

/// t as bfloat16 holds it.
Tensor rounded(const Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); }

TEST_F(Products, InBf16RoundTheFactorsAloneHoweverTheyLieInMemory) {
  if (!kernels::has_bf16_products()) GTEST_SKIP() << "this processor has no products of bfloat16";
  const Tensor a = Rng(3).normal({1, 33, 70}).squeeze(0), b = Rng(4).normal({1, 70, 41}).squeeze(0),
               c = Rng(5).normal({1, 1, 41}).flatten();
  const Tensor truth = rounded(a).to(at::kDouble).mm(rounded(b).to(at::kDouble));
  const Tensor wide = Rng(6).normal({1, 70, 50}).squeeze(0);
  const kernels::Bf16Products on(true);
  for (const Tensor& left : {a, a.t().contiguous().t()})
    for (const Tensor& right : {b, b.t().contiguous().t()}) {
      EXPECT_TRUE(left.mm(right).to(at::kDouble).allclose(truth, 1e-5, 1e-5));
      EXPECT_TRUE(c.expand({33, 41}).addmm(left, right).to(at::kDouble).allclose(truth + c, 1e-5, 1e-5));
      EXPECT_TRUE(c.expand({33, 41}).addmm(left, right, 0.5).to(at::kDouble).allclose(truth + 0.5 * c, 1e-5, 1e-5));
    }
  EXPECT_TRUE(a.mm(wide.narrow(1, 3, 40))
                  .to(at::kDouble)
                  .allclose(rounded(a).to(at::kDouble).mm(rounded(wide).narrow(1, 3, 40).to(at::kDouble)), 1e-5, 1e-5));
  EXPECT_FALSE(a.mm(b).to(at::kDouble).allclose(a.to(at::kDouble).mm(b.to(at::kDouble)), 1e-5, 1e-5))
      << "nothing was rounded";
}

TEST_F(Products, MismatchedSizesAreStillRefused) { EXPECT_ANY_THROW(zeros({2, 3}).mm(zeros({4, 5}))); }

}  // namespace
}  // namespace elbo::host
