// Rows with missing values: log p of the observed ones alone, against linear-Gaussian models, of which it has a closed form.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "evaluate/importance.hpp"
#include "model/forward.hpp"
#include "support/linear_model.hpp"

namespace elbo::host {
namespace {

using observation::Scoring;
using testing::choice, testing::doubles, testing::item, testing::make_model;
using testing::linear::batch_of, testing::linear::Linear, testing::linear::linear_gaussian, testing::linear::masked,
    testing::linear::model_of;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Case {
  const char* mask;
  double log_p, reconstruction, kl;  // computed in closed form with NumPy
};

class OfObservedValues : public ::testing::TestWithParam<Case> {};

TEST_P(OfObservedValues, LogWeightsAreExactlyTheirEvidenceForEverySample) {
  const Case c = GetParam();
  const Model m = model_of(linear_gaussian());
  Rng rng(1);
  const Batch batch = batch_of(masked({1.5, -.25, .5, -1.5, .75, -.5, -1, .25}, c.mask));
  const Pass pass = forward(m, batch, Scoring::observed, 20000, rng);
  EXPECT_LT(item((pass.log_weight() - c.log_p).abs().max()), 1e-9) << c.mask;
  const Terms terms = terms_of(pass);
  EXPECT_NEAR(item(terms.kl[0]), c.kl, 1e-9) << c.mask;
  EXPECT_NEAR(item(terms.reconstruction[0]), c.reconstruction, 0.03) << c.mask;  // a mean over samples
  for (const int64_t k : {1, 10}) {
    Rng again(2);
    LogMeanWeight bound;
    bound.add(forward(m, batch, Scoring::observed, k, again).log_weight());
    EXPECT_NEAR(item(bound.value()[0]), c.log_p, 1e-9) << c.mask << ", K = " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, OfObservedValues,
                         ::testing::Values(Case{"11111111", -8.317533964136688, -6.500290874453605, 1.8172430896830836},
                                           Case{"11110000", -5.344408279761163, -4.159101271967827, 1.185307007793337},
                                           Case{"10101010", -5.106865122821366, -3.9216619587418684,
                                                1.1852031640794982},
                                           Case{"01111111", -7.573661730103189, -5.977382463086522, 1.5962792670166643},
                                           Case{"00000001", -1.277469934457793, -0.6654296558892673, 0.612040278568526},
                                           Case{"00000000", 0, 0, 0}));

// Probabilistic PCA of six rows with four values missing: the maximum of the mean log p(x_o) was found elsewhere, by direct
// maximisation from 60 starts. By Fisher's identity E_q[grad log p(x_o, z)] is the gradient of log p(x_o), which is 0 there.
TEST(MissingValues, TheMaximumOfTheEvidenceIsThatOfTheObservedValues) {
  const Linear optimum{doubles({.7251145890300776, .18302060396505887, -.5791467718805527, 1.2613084953730385}, {4, 1}),
                       doubles({.5515700855612294, .5218588194406983, .0194332261086988, .3138484322375768}, {4}),
                       std::sqrt(0.49436605478969675)};
  const Model m = model_of(optimum);
  const Batch batch = batch_of(
      doubles({1, 2, .5, -1, 0, -1, nan, .5, 2, 1, -1, nan, nan, .5, 0, 1, .5, nan, -.5, 1.5, -1, 0, 1, -2}, {6, 4}));
  Rng rng(1);
  const Pass pass = forward(m, batch, Scoring::observed, 100000, rng);
  EXPECT_NEAR(item(pass.log_weight().mean()), -4.363182223713, 1e-9);
  (pass.log_lik + pass.log_prior).mean().backward();
  for (const Tensor& parameter : m.generative_parameters())
    EXPECT_LT(item(parameter.grad().abs().max()), 0.02) << "standard error near 0.004";
  const Batch filled = batch_of(batch.x.masked_fill(batch.x.isnan(), 0));
  for (const Tensor& parameter : m.generative_parameters()) parameter.mutable_grad() = Tensor();
  const Pass other = forward(m, filled, Scoring::direct, 100000, rng);
  (other.log_lik + other.log_prior).mean().backward();
  double steepest = 0;
  for (const Tensor& parameter : m.generative_parameters())
    steepest = std::max(steepest, item(parameter.grad().abs().max()));
  EXPECT_GT(steepest, 0.1) << "zeros in place of what is missing move the maximum";
}

/// 2,000 rows of linear_gaussian in which column 2 lacks 90 % of its values where `given` is above its mean, else 10 %.
Batch with_missing_values(int64_t given) {
  const Linear truth = linear_gaussian();
  constexpr int64_t rows = 2000;
  Rng rng = Rng(5).like(truth.w);
  const Tensor z = rng.normal({rows, 2}), e = rng.normal({rows, 8}), u = rng.uniform({rows, 1}).squeeze(1);
  const Tensor x = z.matmul(truth.w.t()) + truth.mu + truth.sigma * e;
  const Tensor rate = elbo::where(x.select(1, given) > truth.mu[given], elbo::full({}, .9, x), elbo::full({}, .1, x));
  x.select(1, 1).masked_fill_(u < rate, nan);
  return batch_of(x);
}

/// The derivative of the mean log p(x_o) by the mean of column 2.
double slope(const Batch& batch, double mean_of_column_2) {
  Linear linear = linear_gaussian();
  linear.mu[1].fill_(mean_of_column_2);
  const Model m = model_of(linear);
  Rng rng(1);
  const Pass pass = forward(m, batch, Scoring::observed, 50, rng);
  (pass.log_lik + pass.log_prior).mean().backward();
  for (const auto& [name, t] : m.named_parameters())
    if (name == "decoder.head.bias") return item(t.grad()[1]);
  throw Error("no bias");
}

// The mean of what is observed of column 2 is -0.959 where column 1 decides what is missing, and the truth is -0.5: the likelihood of
// the observed values has its maximum at the truth, but for the error of 2,000 rows. Where column 2 decides itself it has not.
TEST(MissingValues, MissingAtRandomDoesNotMoveTheMaximumAndMissingNotAtRandomDoes) {
  const Batch at_random = with_missing_values(0);
  const Tensor seen = at_random.x.select(1, 1);
  EXPECT_NEAR(item(seen.nansum() / seen.isnan().logical_not().sum()), -0.9593, 0.1);
  EXPECT_NEAR(slope(at_random, -0.5), 0, 0.08);
  EXPECT_GT(slope(at_random, -0.9593), 0.3);
  EXPECT_LT(slope(with_missing_values(1), -0.5), -0.2);
}

/// A table of three columns, each under one likelihood.
struct Specimen {
  const char* likelihood;
  Support support;
  std::vector<Setting> settings{};
};

class EachLikelihood : public ::testing::TestWithParam<Specimen> {};

TEST_P(EachLikelihood, LeavesMissingValuesOut) {
  const Specimen s = GetParam();
  Observation table{{3}, s.support, s.support == Support::levels ? 5 : 0};
  for (const char* name : {"a", "b", "c"}) table.columns.push_back({name, s.support, table.levels});
  const Model m = make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                             choice("likelihood", s.likelihood, s.settings), table, 2);
  ASSERT_TRUE(has_log_prob_per_value(*m.likelihood)) << s.likelihood;
  const bool is_inner = s.support == Support::unit_interval || s.support == Support::positive;
  const Tensor x = is_inner ? doubles({.25, .5, .875, .75, .125, .5}, {2, 3}) : doubles({1, 0, 1, 0, 1, 1}, {2, 3});
  const Tensor z = doubles({.3, -.2, 1, .4, -.7, .1, .2, .9}, {2, 2, 2});
  const auto log_p = [&](const Tensor& values, Scoring scoring) {
    return score(m, batch_of(values), scoring, decode(m, z));
  };
  EXPECT_LT(item((log_p(x, Scoring::observed) - log_p(x, Scoring::direct)).abs().max()), 1e-9) << s.likelihood;

  Tensor part = x.clone();
  part[0][1].fill_(nan);
  part[1][0].fill_(nan);
  part[1][2].fill_(nan);
  const Tensor each = *m.likelihood->log_prob_per_value(x, decode(m, z));
  const Tensor of_seen = each.masked_fill(part.isnan(), 0).sum(2), found = log_p(part, Scoring::observed);
  EXPECT_LT(item((found - of_seen).abs().max()), 1e-12) << s.likelihood;
  found.sum().backward();
  for (const Tensor& parameter : m.generative_parameters())
    EXPECT_TRUE(!parameter.grad().defined() || parameter.grad().isfinite().all().item<bool>()) << s.likelihood;
  const Tensor nothing = elbo::full({2, 3}, nan, x);
  EXPECT_EQ(item(log_p(nothing, Scoring::observed).abs().max()), 0) << s.likelihood;
}

INSTANTIATE_TEST_SUITE_P(
    Likelihoods, EachLikelihood,
    ::testing::Values(
        Specimen{"gaussian", Support::real}, Specimen{"laplace", Support::real}, Specimen{"student_t", Support::real},
        Specimen{"bernoulli", Support::binary}, Specimen{"categorical", Support::levels},
        Specimen{"ordinal", Support::levels}, Specimen{"binomial", Support::levels},
        Specimen{"beta_binomial", Support::levels}, Specimen{"discretized_logistic", Support::levels},
        Specimen{"discretized_logistic_mixture", Support::levels}, Specimen{"poisson", Support::counts},
        Specimen{"negative_binomial", Support::counts}, Specimen{"zero_inflated_negative_binomial", Support::counts},
        Specimen{"zero_inflated_poisson", Support::counts}, Specimen{"log_normal", Support::positive},
        Specimen{"beta", Support::unit_interval}, Specimen{"logit_normal", Support::unit_interval},
        Specimen{"truncated_normal", Support::unit_interval}, Specimen{"continuous_bernoulli", Support::unit_interval}),
    [](const auto& info) { return std::string(info.param.likelihood); });

TEST(MissingValues, WhatScoresValuesTogetherSaysThatItCannotLeaveOneOut) {
  const auto leaves_out = [](const char* name, Support support, const std::vector<Setting>& settings) {
    Context context{.observation = {{3}, support, 0}, .latent_dim = 2, .decoder_output = {}, .rng = Rng(1)};
    return has_log_prob_per_value(*plugins::make_plugin<Likelihood>(choice("likelihood", name, settings), context));
  };
  EXPECT_FALSE(leaves_out("gaussian", Support::real, {{"scale", std::string("optimal")}}));
  EXPECT_FALSE(leaves_out("multinomial", Support::simplex_counts, {}));
  EXPECT_FALSE(leaves_out("dirichlet_multinomial", Support::simplex_counts, {}));
  EXPECT_FALSE(leaves_out("negative_binomial", Support::counts, {{"mean", std::string("library_softmax")}}));
}

}  // namespace
}  // namespace elbo::host
