// A composite is the sum of its parts, whatever the order in which they are named.
#include <gtest/gtest.h>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

PluginChoice plugin(const std::string& name, const std::vector<Setting>& settings = {}) {
  const auto path = std::filesystem::path(ELBO_BUILD_DIR) / "lib/elbo/plugins/likelihood" / (name + ".so");
  return {.kind = "likelihood", .name = name, .path = path, .sha256 = "", .settings = settings};
}

/// Columns real, 9 levels, real, counts, binary.
Observation table() {
  return {.shape = {5},
          .support = Support::mixed,
          .columns = {{"a"}, {"b", Support::levels, 9}, {"c"}, {"d", Support::counts}, {"e", Support::binary}}};
}

const std::vector<Setting> wide = {{"scale", std::string("per_pixel")}};

std::vector<PluginPart> parts() {
  return {{"a, c", {"a", "c"}, plugin("gaussian", wide)},
          {"b", {"b"}, plugin("categorical")},
          {"d", {"d"}, plugin("poisson")},
          {"e", {"e"}, plugin("bernoulli")}};
}

std::shared_ptr<Likelihood> composite(std::vector<PluginPart> parts, const Observation& observation = table()) {
  PluginChoice choice = plugin("composite");
  choice.parts = std::move(parts);
  Context context;
  context.observation = observation;
  return plugins::make_plugin<Likelihood>(choice, context);
}

/// [1, 3, 5] drawn from it at some parameters.
Tensor raw_of(const Likelihood& likelihood) { return varied_raw(likelihood, 2, 3); }

Tensor draws(const Likelihood& likelihood, const Tensor& raw) {
  Rng rng = Rng(3).like(raw);
  return likelihood.sample(theta_of(likelihood, raw), rng)[0];
}

TEST(Composite, IsTheSumOfItsParts) {
  const auto whole = composite(parts());
  ASSERT_EQ(whole->support(), Support::mixed);
  const Tensor raw = raw_of(*whole), x = draws(*whole, raw);
  const Tensor found = whole->log_prob(x, theta_of(*whole, raw));
  // gaussian: loc and log_scale of two columns; then 9 logits, a rate, a logit
  const auto alone = [&](const std::string& name, const Observation& o, const std::vector<int64_t>& columns,
                         int64_t at) {
    const auto part = make_likelihood(name, o, name == "gaussian" ? wide : std::vector<Setting>{});
    return part->log_prob(x.index_select(1, at::tensor(columns)),
                          theta_of(*part, raw.narrow(2, at, numel(part->params()))));
  };
  const Tensor sum = alone("gaussian", {.shape = {2}}, {0, 2}, 0) +
                     alone("categorical", {.shape = {1}, .levels = 9}, {1}, 4) +
                     alone("poisson", {.shape = {1}}, {3}, 13) + alone("bernoulli", {.shape = {1}}, {4}, 14);
  EXPECT_LT((found - sum).abs().max().item<double>(), 1e-12);
  EXPECT_EQ(whole->params()[1].name, "a, c.log_scale");
}

TEST(Composite, PutsMeansAndVariancesInTheirColumns) {
  const auto whole = composite(parts());
  Tensor raw = at::zeros({1, 1, 15}, at::kDouble);
  raw[0][0][0] = 1.5, raw[0][0][1] = -2;  // the locations of a and c
  raw[0][0][13] = 2;                      // the log rate of d
  const Tensor mean = whole->mean(theta_of(*whole, raw))[0][0],
               variance = (*whole->variance(theta_of(*whole, raw)))[0][0];
  const double expected[] = {1.5, 4, -2, std::exp(2.0), 0.5}, spread[] = {1, 60. / 9, 1, std::exp(2.0), 0.25};
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(mean[i].item<double>(), expected[i], 1e-9) << "column " << i;
    EXPECT_NEAR(variance[i].item<double>(), spread[i], i == 0 || i == 2 ? 0.01 : 1e-9) << "column " << i;
  }
}

TEST(Composite, DrawsLieInTheSetsOfTheColumns) {
  const auto whole = composite(parts());
  const Tensor raw = varied_raw(*whole, 1, 1).expand({1, 500, 15}), x = draws(*whole, raw);
  EXPECT_TRUE(whole->log_prob(x, theta_of(*whole, raw)).isfinite().all().item<bool>());
  EXPECT_TRUE(x.select(1, 1).eq(x.select(1, 1).floor()).logical_and(x.select(1, 1) < 9).all().item<bool>());
  EXPECT_FALSE(x.select(1, 0).eq(x.select(1, 0).floor()).any().item<bool>());
}

TEST(Composite, IsMinusInfinityWhereOnePartIs) {
  const auto whole = composite(parts());
  const Tensor raw = raw_of(*whole);
  Tensor x = draws(*whole, raw);
  x[1][3] = 0.5;
  const Tensor log_p = whole->log_prob(x, theta_of(*whole, raw));
  EXPECT_TRUE(log_p.select(1, 1).eq(-infinity()).all().item<bool>());
  EXPECT_TRUE(log_p.select(1, 0).isfinite().all().item<bool>());
}

TEST(Composite, HasIntervalMassesWhereEveryPartHasThem) {
  const Tensor lo = at::zeros({1, 2}, at::kDouble), hi = at::ones({1, 2}, at::kDouble);
  const Observation two{.shape = {2}, .support = Support::real, .columns = {{"a"}, {"b"}}};
  const auto densities =
      composite({{"a", {"a"}, plugin("gaussian", wide)}, {"b", {"b"}, plugin("laplace", wide)}}, two);
  EXPECT_EQ(densities->support(), Support::real);
  const Tensor raw = varied_raw(*densities, 1, 1);
  const auto gaussian = make_likelihood("gaussian", {.shape = {1}}, wide),
             laplace = make_likelihood("laplace", {.shape = {1}}, wide);
  const double sum =
      (*gaussian->interval_log_prob(lo.narrow(1, 0, 1), hi.narrow(1, 0, 1), theta_of(*gaussian, raw.narrow(2, 0, 2))) +
       *laplace->interval_log_prob(lo.narrow(1, 1, 1), hi.narrow(1, 1, 1), theta_of(*laplace, raw.narrow(2, 2, 2))))
          .item<double>();
  EXPECT_NEAR(densities->interval_log_prob(lo, hi, theta_of(*densities, raw))->item<double>(), sum, 1e-12);
  const auto mixed = composite(parts());
  EXPECT_FALSE(mixed->interval_log_prob(at::zeros({2, 5}), at::ones({2, 5}), theta_of(*mixed, at::zeros({1, 2, 15}))));
}

TEST(Composite, StartsWhereItsPartsStart) {
  const auto whole = composite(parts());
  Statistics s;
  s.count = 10;
  s.mean = doubles({3, 2, -1, 4, 0.25});
  s.variance = doubles({4, 1, 9, 4, 0.1875});
  s.min = s.max = s.median = s.mean;
  s.mean_abs_deviation = s.variance.sqrt();
  s.histogram = at::zeros({9, 5}, at::kDouble);
  s.histogram[2] = 10;
  const Tensor raw = *whole->init_from(s);
  EXPECT_EQ(raw[0].item<double>(), 3);
  EXPECT_EQ(raw[1].item<double>(), -1);
  EXPECT_EQ(raw.narrow(0, 4, 9).argmax().item<int64_t>(), 2);
  EXPECT_NEAR(raw[13].item<double>(), std::log(4.0), 1e-12);
  EXPECT_NEAR(raw[14].item<double>(), std::log(0.25 / 0.75), 1e-12);
}

// As for log p(x) without latents: the same likelihood as at the start, from the context of the trained one.
TEST(Composite, IsMadeAgainFromItsOwnContext) {
  const auto whole = composite(parts());
  PluginChoice choice = plugin("composite");
  choice.parts = parts();
  const auto again = plugins::make_plugin<Likelihood>(choice, whole->context());
  EXPECT_EQ(numel(again->params()), numel(whole->params()));
}

TEST(Composite, TrainsWhatItsPartsOwn) {
  const auto whole = composite({{"a", {"a"}, plugin("gaussian")}, {"b", {"b"}, plugin("negative_binomial")}},
                               {.shape = {2}, .support = Support::mixed, .columns = {{"a"}, {"b", Support::counts}}});
  const auto own = whole->named_parameters();
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0].first, "part1.scale.log_scale");
  EXPECT_EQ(own[1].first, "part2.counts.log_dispersion");
}

TEST(Composite, RefusesWhatItCannotHold) {
  const auto refusal = [](std::vector<PluginPart> parts) -> std::string {
    try {
      composite(std::move(parts));
    } catch (const UserError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(refusal({}).find("it contains no likelihood; expected columns"), std::string::npos);
  EXPECT_NE(
      refusal({{"a", {"a"}, plugin("multinomial")}}).find("likelihood:multinomial: is given the total of the counts"),
      std::string::npos);
}

}  // namespace
}  // namespace elbo::host::testing
