#include "report/pairing.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::report {
namespace {

RunOutcome run_of(const std::string& variant, int64_t seed, std::vector<double> bounds, double bias = 0) {
  log::RunSummary summary;
  double sum = 0;
  for (const double b : bounds) sum += b / static_cast<double>(bounds.size());
  summary.values = {{"log_px", sum}, {"log_px_bias", bias}};
  summary.texts = {{"measure", "pixels"}};
  RunOutcome run{variant, seed, summary, ""};
  run.per_example["log_px"] = numbers_of(std::move(bounds));
  return run;
}

observation::MeasureKey grey_key() {
  observation::MeasureKey key;
  key.dimensions = 4;
  key.base = "C256";
  key.levels = 256;
  return key;
}

std::vector<Pair> pairs(const std::vector<RunOutcome>& runs) { return pairs_of(rows_of(runs), {"log_px", false}); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Pairing, OneSeedSpeaksOfCheckpointsOnly) {
  const auto all = pairs({run_of("a", 1, {-10, -20, -30, -40}), run_of("b", 1, {-12, -21, -33, -42})});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].checkpoints.mean, 2);  // 2 1 3 2: sd sqrt(2/3), error 0.408248
  EXPECT_NEAR(all[0].checkpoints.standard_error, std::sqrt(2.0 / 3 / 4), 1e-15);
  EXPECT_FALSE(all[0].method);
  // t(0.975; 3) = 3.182446; p of t = 4.898979 with 3 degrees of freedom: 0.0163
  EXPECT_EQ(sentence(all[0]),
            "the checkpoint of a beats the checkpoint of b by 2.000 nat (95 % 0.701 to 3.299, these checkpoints), p = "
            "0.016, corrected 0.016");
}

TEST(Pairing, BitsPerDimStandBesideNats) {
  auto a = run_of("a", 1, {-10, -20, -30, -40}), b = run_of("b", 1, {-12, -21, -33, -42});
  a.key = b.key = grey_key();
  EXPECT_EQ(sentence(pairs({a, b})[0]),
            "the checkpoint of a beats the checkpoint of b by 0.7213 bits/dim = 2.000 nat (95 % 0.2527 to 1.1899, "
            "these checkpoints), p = 0.016, "
            "corrected 0.016");
}

TEST(Pairing, ThreeSeedsSpeakOfTheMethod) {
  std::vector<RunOutcome> runs;
  for (const int64_t seed : {1, 2, 3}) {
    const double shift = static_cast<double>(seed - 2);  // differences of the seeds' means: 1, 2, 3
    runs.push_back(run_of("a", seed, {-10 + shift, -20 + shift}));
    runs.push_back(run_of("b", seed, {-12, -22}));
  }
  const auto all = pairs(runs);
  ASSERT_TRUE(all[0].method);
  EXPECT_DOUBLE_EQ(all[0].method->mean, 2);
  EXPECT_NEAR(all[0].method->standard_error, 1 / std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(all[0].checkpoints.standard_error, 0, 1e-12);
  // Certain of these checkpoints, but of the method p = 0.074.
  EXPECT_TRUE(has(sentence(all[0]), "a and b are undecided")) << sentence(all[0]);
  EXPECT_TRUE(has(sentence(all[0]), "95 % -0.484 to 4.484, this method, 3 seeds")) << sentence(all[0]);
}

TEST(Pairing, ImagesThatWereNotEstimatedAreLeftOut) {
  const double none = std::nan("");
  const auto all = pairs({run_of("a", 1, {-10, -20, none}), run_of("b", 1, {-11, -22, none})});
  EXPECT_EQ(all[0].images, 2u);
  EXPECT_DOUBLE_EQ(all[0].checkpoints.mean, 1.5);
  EXPECT_TRUE(has(all[0].undecided, "after correction")) << all[0].undecided;  // two data decide little
}

TEST(Pairing, ABoundThatIsNotFiniteDecidesNothing) {
  const auto all = pairs({run_of("a", 1, {-10, -20, -30}), run_of("b", 1, {-11, -22, -INFINITY})});
  EXPECT_EQ(all[0].undecided, "only one of them has a finite bound of 1 more test data (R12)");
}

TEST(Pairing, OneTestDatumHasNoStandardError) {
  const auto all = pairs({run_of("a", 1, {-10}), run_of("b", 1, {-11})});
  EXPECT_EQ(all[0].undecided, "one test datum has no standard error; use more test data");
}

TEST(Pairing, ADifferenceWithinTheBiasIsUndecided) {
  const auto all = pairs({run_of("a", 1, {-10, -20, -30}, -0.05), run_of("b", 1, {-11, -21.001, -31}, -0.25)});
  EXPECT_NEAR(all[0].bias, 0.2, 1e-12);
  EXPECT_TRUE(has(all[0].undecided, "the bias of their estimates differs by 0.200 nat")) << all[0].undecided;
}

TEST(Pairing, ManyComparisonsAreCorrected) {
  // z = 2.1 alone would do (p = 0.036); as one of three it does not.
  std::vector<double> zero(100, 0.0), noisy;
  for (int i = 0; i < 100; ++i) noisy.push_back(-0.21 + (i % 2 ? 0.994987 : -0.994987));
  const auto two = pairs({run_of("a", 1, zero), run_of("b", 1, noisy)});
  EXPECT_LT(two[0].adjusted_p, 0.05);
  EXPECT_EQ(two[0].undecided, "");
  std::vector<double> also = noisy;
  for (double& v : also) v -= 0.0001;
  const auto three = pairs({run_of("a", 1, zero), run_of("b", 1, noisy), run_of("c", 1, also)});
  EXPECT_GT(three[0].adjusted_p, 0.05);
  EXPECT_TRUE(has(three[0].undecided, "after correction")) << three[0].undecided;
}

TEST(Pairing, OfVeryManyRunsTheBestIsComparedWithEachOther) {
  std::vector<RunOutcome> runs;
  for (int i = 0; i < 501; ++i) {
    const double bound = -static_cast<double>(i);
    runs.push_back(run_of("v" + std::to_string(i), 1, {bound, bound - 1, bound - 3}));
  }
  const auto all = pairs(runs);
  ASSERT_EQ(all.size(), 500u);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].better, "v0");
    EXPECT_DOUBLE_EQ(all[i].checkpoints.mean, static_cast<double>(i + 1));
  }
  runs.pop_back();
  EXPECT_EQ(pairs(runs).size(), 500u * 499 / 2);
}

TEST(Pairing, WithinTheMarginTwoAreEquivalentUnlessTheBiasFillsIt) {
  // differences of +-0.01 about 0.001 over 100 data: standard error 0.001
  std::vector<double> a, b;
  for (int i = 0; i < 100; ++i) a.push_back(-i), b.push_back(-i - 0.001 + (i % 2 ? 0.01 : -0.01));
  const auto close = pairs({run_of("a", 1, a), run_of("b", 1, b)})[0];
  EXPECT_TRUE(close.equivalent);
  EXPECT_DOUBLE_EQ(close.margin, 0.1);
  EXPECT_TRUE(
      has(sentence(close), "the checkpoints of a and b are equivalent within 0.1 nat: they differ by 0.001 nat ("))
      << sentence(close);
  EXPECT_FALSE(pairs({run_of("a", 1, a, 0), run_of("b", 1, b, -0.1)})[0].equivalent);
  auto grey_a = run_of("a", 1, a), grey_b = run_of("b", 1, b);
  grey_a.key = grey_b.key = grey_key();
  EXPECT_NEAR(pairs({grey_a, grey_b})[0].margin, 0.005 * 4 * std::log(2), 1e-15);
  EXPECT_TRUE(has(sentence(pairs({grey_a, grey_b})[0]), "are equivalent within 0.005 bits/dim"))
      << sentence(pairs({grey_a, grey_b})[0]);
  EXPECT_FALSE(pairs_of(rows_of({grey_a, grey_b}), {"log_px", false}, {.bits_per_dim = 1e-5})[0].equivalent);
}

TEST(Pairing, RowsWithoutBoundsOfEachDatumAreLeftOut) {
  RunOutcome old = run_of("old", 1, {-1, -2});
  old.per_example.clear();
  EXPECT_TRUE(pairs({run_of("a", 1, {-1, -2}), old}).empty());
}

}  // namespace
}  // namespace elbo::report
