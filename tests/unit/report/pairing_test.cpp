#include "report/statistics/pairing.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host::report {
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

std::vector<Pair> pairs(const std::vector<RunOutcome>& runs) { return decide(rows_of(runs), {"log_px", false}).pairs; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Pairing, OneSeedSpeaksOfCheckpointsOnly) {
  const auto all = pairs({run_of("a", 1, {-10, -20, -30, -40}), run_of("b", 1, {-12, -21, -33, -42})});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].difference.mean, 2);  // 2 1 3 2: sd sqrt(2/3), error 0.408248
  EXPECT_NEAR(all[0].difference.standard_error, std::sqrt(2.0 / 3 / 4), 1e-15);
  EXPECT_FALSE(all[0].of_methods());
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
    runs.push_back(run_of("b", seed, {-12 + 1e-6 * shift, -22 - 1e-6 * shift}));
  }
  const auto all = pairs(runs);
  EXPECT_EQ(all[0].basis, SeedBasis::paired_seeds);
  EXPECT_DOUBLE_EQ(all[0].difference.mean, 2);
  EXPECT_NEAR(all[0].difference.standard_error, 1 / std::sqrt(3.0), 1e-12);
  // Certain of these checkpoints, but of the method p = 0.074: t = 2 sqrt(3) with 2 degrees of freedom.
  EXPECT_NEAR(all[0].difference.p, 0.0742, 1e-4);
  EXPECT_TRUE(has(sentence(all[0]), "a and b are undecided")) << sentence(all[0]);
  EXPECT_TRUE(has(sentence(all[0]), "95 % -0.484 to 4.484, this method, 3 seeds")) << sentence(all[0]);
  EXPECT_TRUE(has(sentence(all[0]), "error 0.58 nat = seeds 0.58, test data 0")) << sentence(all[0]);
  // t(0.975; 2) = 4.303 with a variance of 1 needs (4.303 / 2)^2 = 4.6 seeds
  EXPECT_TRUE(has(all[0].undecided, "limited by seeds: a difference of this size needs about 5")) << all[0].undecided;
}

/// Numbers of a variant's seed about `centre`, moved by the seed, and by each data point in its own way.
RunOutcome noisy_run(const std::string& variant, int64_t seed, double centre, double seed_sd, size_t data = 300) {
  const auto phase = static_cast<double>(std::hash<std::string>()(variant) % 1000);
  std::vector<double> bounds;
  for (size_t i = 0; i < data; ++i)
    bounds.push_back(centre + seed_sd * std::sin(7.0 * static_cast<double>(seed) + phase) +
                     std::sin(3.1 * static_cast<double>(i)) + 0.2 * std::sin(1.7 * static_cast<double>(i) + phase));
  return run_of(variant, seed, std::move(bounds));
}

std::vector<RunOutcome> six_variants(const std::vector<int64_t>& seeds) {
  std::vector<RunOutcome> runs;
  for (const char* variant : {"a", "b", "c", "d", "e", "f"})
    for (const int64_t seed : seeds) runs.push_back(noisy_run(variant, seed, -100 - 3.0 * (variant[0] - 'a'), 0.5));
  return runs;
}

TEST(Pairing, OfSixVariantsTheSeedNoiseIsEstimatedTogether) {
  const Decisions found = decide(rows_of(six_variants({1, 2, 3})), {"log_px", false});
  ASSERT_TRUE(found.noise);
  EXPECT_EQ(found.noise->seeds, (std::vector<int64_t>{1, 2, 3}));
  ASSERT_EQ(found.pairs.size(), 15u);
  for (const Pair& pair : found.pairs) {
    EXPECT_EQ(pair.basis, SeedBasis::moderated);
    EXPECT_FALSE(pair.error.by_parts);
    EXPECT_GT(pair.error.seeds_freedom, 5.9);  // 2 and 4 of each of two, not 2
    EXPECT_LT(pair.simultaneous.low, pair.difference.interval.low);
    EXPECT_GT(pair.simultaneous.high, pair.difference.interval.high);
    EXPECT_TRUE(has(sentence(pair), "(simultaneous 95 % ")) << sentence(pair);
  }
  EXPECT_TRUE(found.best[0].may_be_best());
  for (size_t r = 1; r < 6; ++r) EXPECT_FALSE(found.best[r].may_be_best()) << r;
  // The seeds' part is that of the table of means over the test data.
  const SeedNoise& noise = found.noise->noise;
  EXPECT_NEAR(found.pairs[0].error.seeds, (noise.variances[0] + noise.variances[1]) / 3, 1e-12);
}

TEST(Pairing, SeedsThatAllShareDecideAndAVariantWithoutThemStandsAlone) {
  auto runs = six_variants({1, 2, 3, 4});
  std::erase_if(runs, [](const RunOutcome& run) { return run.variant == "b" && run.seed == 4; });
  for (const int64_t seed : {11, 12, 13}) runs.push_back(noisy_run("alone", seed, -130, 0.5));
  const Decisions found = decide(rows_of(runs), {"log_px", false});
  ASSERT_TRUE(found.noise);
  EXPECT_EQ(found.noise->seeds, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(found.noise->rows.size(), 6u);
  for (const Pair& pair : found.pairs) {
    EXPECT_EQ(pair.basis, pair.has("alone") ? SeedBasis::unpaired_seeds : SeedBasis::moderated) << sentence(pair);
    EXPECT_EQ(pair.seeds, 3u);
  }
}

TEST(Pairing, OfFewVariantsAMissingSeedLeavesThePairsThatAreThere) {
  std::vector<RunOutcome> runs;
  for (const int64_t seed : {1, 2, 3, 4}) {
    runs.push_back(noisy_run("a", seed, -100, 0.5));
    if (seed != 2) runs.push_back(noisy_run("b", seed, -104, 0.5));
  }
  const Pair pair = pairs(runs)[0];
  EXPECT_EQ(pair.basis, SeedBasis::paired_seeds);
  EXPECT_EQ(pair.seeds, 3u);
  EXPECT_EQ(pair.error.seeds_freedom, 2);
}

TEST(Pairing, CopiesOfASeedDecideNothing) {
  std::vector<RunOutcome> runs;
  for (const int64_t seed : {1, 2, 3}) {
    runs.push_back(run_of("a", seed, {-10, -20, -31, -40}));
    runs.push_back(run_of("b", seed, {-12, -22, -32, -43}));
  }
  EXPECT_TRUE(has(pairs(runs)[0].undecided, "copies of a run")) << pairs(runs)[0].undecided;
  for (const size_t i : {0u, 2u, 4u})
    runs[i] = run_of("a", runs[i].seed, {-10 + 0.1 * static_cast<double>(i), -20, -31, -40});
  EXPECT_TRUE(has(pairs(runs)[0].undecided, "copies of a run")) << "those of one variant alone";
  for (const size_t i : {1u, 3u, 5u})
    runs[i] = run_of("b", runs[i].seed, {-12, -22, -32, -43 + 0.1 * static_cast<double>(i)});
  EXPECT_FALSE(has(pairs(runs)[0].undecided, "copies of a run")) << pairs(runs)[0].undecided;
}

TEST(Pairing, TestDataOfOneGroupCountOnce) {
  std::vector<double> a, b, group;
  for (int i = 0; i < 400; ++i) {
    a.push_back(-10), b.push_back(-10.2 + std::sin(2.0 * (i / 40)));  // ten groups, alike within
    group.push_back(i / 40);
  }
  auto run_a = run_of("a", 1, a), run_b = run_of("b", 1, b);
  EXPECT_EQ(pairs({run_a, run_b})[0].undecided, "");
  for (RunOutcome* run : {&run_a, &run_b}) run->per_example["group"] = numbers_of(group);
  const Pair pair = pairs({run_a, run_b})[0];
  EXPECT_EQ(pair.groups, 10u);
  EXPECT_EQ(pair.error.images_freedom, 9);
  EXPECT_TRUE(has(pair.undecided, "after correction")) << pair.undecided;
  for (double& g : group) g = g < 200 ? std::min(g, 3.0) : 3;
  for (RunOutcome* run : {&run_a, &run_b}) run->per_example["group"] = numbers_of(group);
  EXPECT_TRUE(has(pairs({run_a, run_b})[0].undecided, "of 4 groups only")) << pairs({run_a, run_b})[0].undecided;
}

TEST(Pairing, WhatLimitsAnUndecidedPairIsSaid) {
  std::vector<double> a(1000), b(1000);
  for (size_t i = 0; i < a.size(); ++i) b[i] = -0.04 + std::sin(static_cast<double>(i));
  // sd 0.707 of 1000 data: 1.79 errors, so (1.96 / 1.79)^2 of the data are needed
  const Pair pair = pairs({run_of("a", 1, a), run_of("b", 1, b)})[0];
  EXPECT_TRUE(has(pair.undecided, "limited by test data: a difference of this size needs about 1200"))
      << pair.undecided;
}

TEST(Pairing, ImagesThatWereNotEstimatedAreLeftOut) {
  const double none = std::nan("");
  const auto all = pairs({run_of("a", 1, {-10, -20, none}), run_of("b", 1, {-11, -22, none})});
  EXPECT_EQ(all[0].images, 2u);
  EXPECT_DOUBLE_EQ(all[0].difference.mean, 1.5);
  EXPECT_TRUE(has(all[0].undecided, "after correction")) << all[0].undecided;  // two data decide little
}

TEST(Pairing, ABoundThatIsNotFiniteDecidesNothing) {
  const auto all = pairs({run_of("a", 1, {-10, -20, -30}), run_of("b", 1, {-11, -22, -INFINITY})});
  EXPECT_EQ(all[0].undecided, "only one of them has a finite bound of 1 more test data (R12)");
}

TEST(Pairing, OneTestDatumHasNoStandardError) {
  const auto all = pairs({run_of("a", 1, {-10}), run_of("b", 1, {-11})});
  EXPECT_EQ(all[0].undecided, "one test data point has no standard error; use more test data");
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
    EXPECT_DOUBLE_EQ(all[i].difference.mean, static_cast<double>(i + 1));
  }
  runs.pop_back();
  EXPECT_EQ(pairs(runs).size(), 500u * 499 / 2);
}

TEST(Pairing, OfVeryManyRunsTheSeedNoiseIsEstimatedTogetherToo) {
  std::vector<RunOutcome> runs;
  for (int v = 0; v < 168; ++v)
    for (const int64_t seed : {1, 2, 3}) runs.push_back(noisy_run("v" + std::to_string(v), seed, -100.0 - v, 0.1, 200));
  const Decisions found = decide(rows_of(runs), {"log_px", false});
  ASSERT_EQ(found.pairs.size(), 167u);
  ASSERT_TRUE(found.noise);
  EXPECT_EQ(found.noise->rows.size(), 168u);
  for (const Pair& pair : found.pairs) EXPECT_EQ(pair.basis, SeedBasis::moderated);
  EXPECT_TRUE(found.best[0].may_be_best());
  EXPECT_FALSE(found.best[100].may_be_best());
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
  EXPECT_FALSE(decide(rows_of({grey_a, grey_b}), {"log_px", false}, {.bits_per_dim = 1e-5}).pairs[0].equivalent);
}

TEST(Pairing, RowsWithoutBoundsOfEachDatumAreLeftOut) {
  RunOutcome old = run_of("old", 1, {-1, -2});
  old.per_example.clear();
  EXPECT_TRUE(pairs({run_of("a", 1, {-1, -2}), old}).empty());
}

}  // namespace
}  // namespace elbo::host::report
