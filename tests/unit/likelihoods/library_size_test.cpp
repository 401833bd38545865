// Negative binomial counts whose mean is the library size times a softmax (Lopez et al. 2018): by hand, and as the same distribution
// with its mean given outright, which the tables of vectors_test.cpp check.
#include <gtest/gtest.h>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

std::vector<Setting> with(const std::string& mean, const std::string& dispersion) {
  return {{"mean", mean}, {"dispersion", dispersion}, {"max_log_dispersion", 40.}};  // no bend near 0
}

class LibrarySize : public ::testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<Likelihood> likelihood(const std::string& mean, const std::string& dispersion = "per_pixel") const {
    return make_likelihood(GetParam(), {.shape = {3}, .support = Support::counts}, with(mean, dispersion));
  }
  bool has_zeros() const { return std::string(GetParam()).starts_with("zero_inflated"); }
};
INSTANTIATE_TEST_SUITE_P(likelihoods, LibrarySize,
                         ::testing::Values("negative_binomial", "zero_inflated_negative_binomial"));

TEST_P(LibrarySize, IsThePlainLawAtItsMean) {
  const auto library = likelihood("library_softmax"), plain = likelihood("exp");
  EXPECT_EQ(library->params().front().name, "share");
  const Tensor raw = varied_raw(*library, 2, 3);
  const Tensor x = doubles({4, 0, 6, 1, 2, 0, 100, 30, 7}).view({3, 3});
  // shares by hand: e^a / (e^a + e^b + e^c), then times the sum of the data point
  const Tensor weight = raw.slice(2, 0, 3).exp(), mean = weight / weight.sum(2, true) * x.sum(1).view({1, 3, 1});
  const Tensor plain_raw = at::cat({mean.log(), raw.slice(2, 3)}, 2);
  const Tensor found = library->log_prob(x, theta_of(*library, raw)),
               expected = plain->log_prob(x, theta_of(*plain, plain_raw));
  EXPECT_LT((found - expected).abs().max().item<double>(), 1e-10 * expected.abs().max().item<double>());
}

// mean 2 and dispersion 1/2 at x = 3: the vector -2.6373004199653603, or -3.3304476005253056 with zeros of probability 1/2
TEST_P(LibrarySize, GivesTheReferencesVectors) {
  const auto library = likelihood("library_softmax");
  const Tensor x = doubles({3, 1, 0}).view({1, 3});
  std::vector<double> raw = {std::log(0.5), std::log(0.25), std::log(0.25), std::log(0.5), 0, 0};  // means 2, 1, 1
  if (has_zeros()) raw.insert(raw.end(), {0, 0, 0});
  const double found = library->log_prob(x, theta_of(*library, doubles(raw).view({1, 1, -1}))).item<double>();
  // with mean and dispersion 1: P(1) = 1/4, P(0) = 1/2
  const double expected = has_zeros() ? -3.3304476005253056 + std::log(0.5 * 0.25) + std::log(0.5 + 0.5 * 0.5)
                                      : -2.6373004199653603 + std::log(0.25) + std::log(0.5);
  EXPECT_NEAR(found, expected, 1e-12);
}

TEST_P(LibrarySize, SaysThatItIsGiven) {
  EXPECT_EQ(likelihood("library_softmax")->conditioning(), Conditioning::library_size);
  EXPECT_EQ(likelihood("exp")->conditioning(), Conditioning::nothing);
}

TEST_P(LibrarySize, ADatumWithoutCountsIsCertain) {
  const auto library = likelihood("library_softmax");
  Tensor raw = varied_raw(*library, 1, 1).requires_grad_();
  const Tensor log_p = library->log_prob(at::zeros({1, 3}, at::kDouble), theta_of(*library, raw));
  EXPECT_NEAR(log_p.item<double>(), 0, 1e-12);
  log_p.sum().backward();
  EXPECT_TRUE(raw.grad().isfinite().all().item<bool>());
}

// What is drawn has no data point to take its size from: it has the training data's mean size.
TEST_P(LibrarySize, DrawsAndMeansHaveTheTrainingDatasMeanSize) {
  const auto library = likelihood("library_softmax", "per_position");
  Statistics s;
  s.count = 100;
  s.mean = doubles({2, 3, 15});
  s.variance = doubles({4, 6, 40});
  const Tensor raw = library->init_from(s)->detach();
  const Theta theta = theta_of(*library, raw.to(at::kDouble).view({1, 1, -1}));
  const Tensor mean = library->mean(theta).flatten();
  const double kept = has_zeros() ? 1 / (1 + std::exp(-2.0)) : 1;
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(mean[i].item<double>(), s.mean[i].item<double>() * kept, 1e-5 * s.mean[i].item<double>());
  EXPECT_EQ(library->named_buffers().at(0).first, "counts.library_size");
}

}  // namespace
}  // namespace elbo::host::testing
