// The posterior predictive distribution of missing and hidden values, against linear-Gaussian models, of which it has a closed form.
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "evaluate/measure.hpp"
#include "evaluate/predictive.hpp"
#include "support/linear_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item, testing::make_model;
using testing::linear::ExactEncoder, testing::linear::Linear, testing::linear::linear_gaussian, testing::linear::masked,
    testing::linear::model_of;

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> a_row = {1.5, -.25, .5, -1.5, .75, -.5, -1, .25};

Batch rows_of_table(const Tensor& x) {
  Batch b;
  b.x = b.input = x;
  b.ids = at::arange(x.size(0), at::TensorOptions(at::kLong));
  return b;
}

/// A table of eight real columns that these rows are the test data of.
struct Table {
  data::Dataset data;
  std::unique_ptr<BatchSource> source;

  explicit Table(const Tensor& test, bool standardize = false) {
    data.name = "table";
    data.shape = {8};
    data.support = Support::real;
    data.columns = {"1", "2", "3", "4", "5", "6", "7", "8"};
    data.masked = true;
    const auto floats = [](const Tensor& t) {
      std::vector<float> values;
      append(t, values);
      return values;
    };
    const Linear truth = linear_gaussian();
    Rng rng = Rng(8).like(truth.w);
    const Tensor z = rng.normal({1000, 2}), e = rng.normal({1000, 8});
    data.train.x = {{1000, 8}, floats(z.matmul(truth.w.t()) + truth.mu + truth.sigma * e)};
    data.valid.x = {{0, 8}, std::vector<float>{}};
    data.test.x = {{test.size(0), 8}, floats(test)};
    DataConfig config;
    config.name = "table";
    config.observe = "columns";
    config.standardize = standardize;
    Observation stored{{8}, Support::real, 0};
    for (const std::string& name : data.columns) stored.columns.push_back({name});
    auto model = observation::observation_model(stored, Support::real, true, config, "gaussian");
    observation::complete(model, data, std::vector<observation::ColumnScorer>(8, {"gaussian", Support::real}));
    source = std::make_unique<BatchSource>(data, model, true);
  }
};

/// Mean and standard deviation of the values of x [8] that are NaN given the others, [8] each; in closed form.
std::pair<Tensor, Tensor> exact(const Linear& model, const Tensor& x) {
  const auto [mean, covariance] = model.posterior(x);
  const Tensor variance = model.w.matmul(covariance).mul(model.w).sum(1) + model.sigma * model.sigma;
  return {model.w.matmul(mean) + model.mu, variance.sqrt()};
}

Asked missing_of(const Tensor& x, const Tensor& truth = {}) {
  return {.where = x.isnan(), .truth = truth, .levels = std::vector<int64_t>(8, 0)};
}

// reference-data.md: the table of A.5, and the moments of the missing values of the mask 11110000.
TEST(Predictive, MissingValuesHaveTheirConditionalMeanAndInterval) {
  const Tensor x = masked(a_row, "11110000");
  const Table table(x);
  const Predictions p =
      predict(model_of(linear_gaussian()), *table.source, rows_of_table(x), missing_of(x), {.samples = 100000}, Rng(1));
  const double mean[] = {.134379643388, .098997028232, -.572181463596, .381756129272},
               variance[] = {.309930658742, .374814264487, .344407813274, .405948179792};
  for (int64_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(item(p.value[0][4 + j]), mean[j], 0.005) << "standard error 0.0015";
    const double half = 1.6448536269514722 * std::sqrt(variance[j]);
    EXPECT_NEAR(item(p.low[0][4 + j]), mean[j] - half, 0.02) << "standard error 0.004";
    EXPECT_NEAR(item(p.high[0][4 + j]), mean[j] + half, 0.02);
    EXPECT_TRUE(std::isnan(item(p.value[0][j]))) << "nothing was asked for";
  }
  EXPECT_NEAR(item(p.effective_samples[0]), 100000, 1e-3) << "the posterior is exact";
}

// The same source: log p(x_u | x_o) of each mask, of all values together and as a sum over single ones.
TEST(Predictive, HiddenValuesHaveTheirLogDensityGivenTheOthers) {
  struct Case {
    const char* mask;
    double joint, single;
  };
  const Tensor truth = masked(a_row, "11111111");
  for (const Case& c :
       {Case{"11110000", -2.973125684376, -2.992797947981}, Case{"10101010", -3.210668841315, -3.449994270713},
        Case{"00000001", -7.040064029679, -6.360804225219}, Case{"00000000", -8.317533964137, -9.283525430632}}) {
    const Tensor x = masked(a_row, c.mask);
    const Table table(x);
    const Predictions p = predict(model_of(linear_gaussian()), *table.source, rows_of_table(x), missing_of(x, truth),
                                  {.samples = 100000}, Rng(2));
    EXPECT_NEAR(item(p.log_p_joint[0]), c.joint, 0.05) << c.mask;
    EXPECT_NEAR(item(p.log_p.nansum()), c.single, 0.05) << c.mask;
  }
}

// The same source, snis_shifted_by_one_sd: E[imputation of x_5] of K samples of a posterior that is off; exact 0.134380.
TEST(Predictive, SelfNormalisedWeightsCorrectAPosteriorThatIsOff) {
  const Tensor x = masked(a_row, "11110000").expand({4000, 8}).contiguous();
  const Table table(x);
  const Model model = model_of(linear_gaussian(), 1);
  const auto mean_at = [&](int64_t samples) {
    double sum = 0;
    for (int64_t first = 0; first < 4000; first += 500) {
      Batch batch = rows_of_table(x.narrow(0, first, 500));
      batch.ids += first;
      sum += item(predict(model, *table.source, batch, missing_of(batch.x), {.samples = samples}, Rng(3))
                      .value.select(1, 4)
                      .sum());
    }
    return sum / 4000;
  };
  EXPECT_NEAR(mean_at(1), .19463, 0.012) << "standard error below 0.003";
  EXPECT_NEAR(mean_at(5), .15440, 0.012);
  EXPECT_NEAR(mean_at(100), .13581, 0.006);
}

// p(z | nothing) is the prior, whatever the encoder says of such a row.
TEST(Predictive, ARowWithoutAnyValueIsPredictedByThePrior) {
  const Tensor x = masked(a_row, "00000000").expand({2, 8}).contiguous();
  const Table table(x);
  const Linear truth = linear_gaussian();
  const Model model = model_of(truth, 3);  // q is three of its standard deviations off
  constexpr int64_t samples = 20000;
  const Predictions p = predict(model, *table.source, rows_of_table(x), missing_of(x), {.samples = samples}, Rng(5));
  const auto [mean, deviation] = exact(truth, x[0]);
  for (int64_t b = 0; b < 2; ++b) {
    EXPECT_EQ(item(p.effective_samples[b]), samples);
    for (int64_t j = 0; j < 8; ++j) {
      const double error = item(deviation[j]) / std::sqrt(samples);
      EXPECT_NEAR(item(p.value[b][j]), item(mean[j]), 5 * error);
      EXPECT_NEAR(item(p.low[b][j]), item(mean[j] - 1.6449 * deviation[j]), 12 * error);
      EXPECT_NEAR(item(p.high[b][j]), item(mean[j] + 1.6449 * deviation[j]), 12 * error);
    }
  }
}

// Where one draw has nearly all weight, its value would be both ends.
TEST(Predictive, WeightsOfTooFewDrawsGiveNoInterval) {
  const Tensor x = masked({40, -40, 40, -40, .75, -.5, -1, .25}, "11110000").view({1, 8});
  const Table table(x);
  const Predictions p =
      predict(model_of(linear_gaussian(), 3), *table.source, rows_of_table(x), missing_of(x), {.samples = 100}, Rng(6));
  ASSERT_LT(item(p.effective_samples[0]), 20);
  EXPECT_FALSE(std::isnan(item(p.value[0][4])));
  EXPECT_TRUE(std::isnan(item(p.low[0][4])) && std::isnan(item(p.high[0][4])));
}

/// 1,500 rows of linear_gaussian, and the same with missing values.
std::pair<Tensor, Tensor> rows_with_missing_values(bool at_random) {
  const Linear truth = linear_gaussian();
  constexpr int64_t rows = 1500;
  Rng rng = Rng(5).like(truth.w);
  const Tensor z = rng.normal({rows, 2}), e = rng.normal({rows, 8}), u = rng.uniform({rows, 8});
  const Tensor x = z.matmul(truth.w.t()) + truth.mu + truth.sigma * e;
  Tensor rate = elbo::full({rows, 8}, at_random ? 0 : .5, x);
  if (at_random)  // column 2 by whether column 1 is above its mean
    rate.select(1, 1).copy_(elbo::where(x.select(1, 0) > truth.mu[0], elbo::full({}, .9, x), elbo::full({}, .1, x)));
  return {x, x.masked_fill(u < rate, not_known)};
}

class Mechanisms : public ::testing::TestWithParam<bool> {};

// Means of K exact posterior draws have the variance w' C w / K about the closed form; 90 % intervals hold the truth in 90 %.
TEST_P(Mechanisms, ImputationsAreUnbiasedAndIntervalsCover) {
  constexpr int64_t samples = 400;
  const auto [x, seen] = rows_with_missing_values(GetParam());
  const Table table(seen);
  const Linear truth = linear_gaussian();
  const Predictions p =
      predict(model_of(truth), *table.source, rows_of_table(seen), missing_of(seen), {.samples = samples}, Rng(4));
  double count = 0, squares = 0, sum = 0, covered = 0, below = 0;
  for (int64_t b = 0; b < x.size(0); ++b) {
    const auto [mean, deviation] = exact(truth, seen[b]);
    for (int64_t j = 0; j < 8; ++j) {
      if (!std::isnan(item(seen[b][j]))) continue;
      const double variance = item(deviation[j]) * item(deviation[j]) - truth.sigma * truth.sigma;
      const double error = (item(p.value[b][j]) - item(mean[j])) / std::sqrt(variance / samples), it = item(x[b][j]);
      ++count, sum += error, squares += error * error;
      covered += item(p.low[b][j]) <= it && it <= item(p.high[b][j]);
      below += it < item(p.low[b][j]);
    }
  }
  ASSERT_GT(count, 600);
  const double rows_error = std::sqrt(8 / count);  // the values of a row depend on each other: as if each row were one
  EXPECT_NEAR(sum / count, 0, 4 * rows_error);
  EXPECT_NEAR(squares / count, 1, 6 * rows_error);
  EXPECT_NEAR(covered / count, 0.9, 4 * std::sqrt(.09 / count) + .005) << "quantiles of 400 draws are off by 0.005";
  EXPECT_NEAR(below / count, 0.05, 4 * std::sqrt(.05 / count) + .005);
}

INSTANTIATE_TEST_SUITE_P(Missing, Mechanisms, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "AtRandom" : "CompletelyAtRandom"; });

// A decoder that ignores z: the predictive distribution of a code is the likelihood's own.
TEST(Predictive, CodesHaveTheMostProbableOneAndItsProbability) {
  Observation names{{2}, Support::levels, 3};
  for (const char* name : {"a", "b"}) names.columns.push_back({name, Support::levels, 3});
  const Model m = make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                             choice("likelihood", "categorical"), names, 2);
  testing::set(m, "decoder.head.weight", elbo::zeros({6, 2}));
  // [levels, columns]: probabilities of a 1/6, 1/2, 1/3; of b 0.7, 0.2, 0.1
  testing::set(m, "decoder.head.bias", doubles({1, 7, 3, 2, 2, 1}, {6}).log());
  const Table table(masked(a_row, "11111111"));
  const Tensor x = doubles({not_known, not_known, 1, not_known}, {2, 2});
  const Tensor truth = doubles({0, 2, 1, 0}, {2, 2});
  Batch batch = rows_of_table(x);
  batch.input = elbo::zeros({2, 2}, x);
  const Predictions p = predict(m, *table.source, batch, {.where = x.isnan(), .truth = truth, .levels = {3, 3}},
                                {.samples = 200}, Rng(1));
  EXPECT_EQ(item(p.value[0][0]), 1);
  EXPECT_EQ(item(p.value[0][1]), 0);
  EXPECT_TRUE(std::isnan(item(p.value[1][0])));
  EXPECT_NEAR(item(p.probability[0][0]), 1. / 2, 1e-6);
  EXPECT_NEAR(item(p.probability[1][1]), 0.7, 1e-6);
  EXPECT_NEAR(item(p.log_p[0][1]), std::log(.1), 1e-6);
  EXPECT_NEAR(item(p.log_p_joint[0]), std::log(1. / 6) + std::log(.1), 1e-6);
  EXPECT_TRUE(std::isnan(item(p.low[0][0]))) << "codes have no interval";
}

TEST(Predictive, TheBatchChangesNothing) {
  const auto [x, seen] = rows_with_missing_values(false);
  const Tensor few = seen.narrow(0, 0, 10);
  const Table table(few);
  const Model model = model_of(linear_gaussian());
  const Predictions all = predict(model, *table.source, rows_of_table(few), missing_of(few), {.samples = 150}, Rng(4));
  Batch one = rows_of_table(few.narrow(0, 7, 1));
  one.ids += 7;
  const Predictions alone = predict(model, *table.source, one, missing_of(one.x), {.samples = 150}, Rng(4));
  for (const auto& [a, b] : {std::pair(all.value[7], alone.value[0]), std::pair(all.low[7], alone.low[0])})
    EXPECT_LT(item((a - b).abs().nan_to_num().max()), 1e-9);
}

/// Sees the table as an encoder does, standardised with a mask behind it, and gives the exact posterior.
class ExactOfTable : public Encoder {
 public:
  ExactOfTable(const Linear& model, const observation::Standardize& by)
      : exact_(model), mean_(doubles(by.mean, {8})), deviation_(doubles(by.deviation, {8})) {}

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& input) override {
    const Tensor mask = input.narrow(1, 8, 8);
    return exact_.posterior_of((input.narrow(1, 0, 8) * deviation_ + mean_).masked_fill(mask == 0, not_known));
  }
  ExactEncoder exact_;
  Tensor mean_, deviation_;
};

double value_in(const log::EvaluationGroup& group, const std::string& name) {
  for (const log::SummaryValue& one : group.values)
    if (one.column.name == name) return one.value;
  ADD_FAILURE() << "no " << name;
  return not_known;
}

const std::vector<double>& array_in(const log::EvaluationGroup& group, const std::string& name) {
  for (const log::EvaluationArray& one : group.arrays)
    if (one.column.name == name) return one.values;
  throw Error("no array " + name);
}

/// What `held_out` measures of the linear-Gaussian model, by its exact posterior.
log::EvaluationGroup held_out(const Table& table, Model& model, double fraction, int64_t seed = 1) {
  const Linear truth = linear_gaussian();
  Context context = model.encoder->context();
  context.observation = table.source->observation_model().encoder_observation();
  model.encoder =
      std::make_shared<ExactOfTable>(truth, *table.source->observation_model().find<observation::Standardize>());
  model.encoder->attach("encoder:exact", context);
  Run run;
  run.evaluate.metrics = {"held_out"};
  run.evaluate.mask_fraction = fraction;
  run.evaluate.mask_seed = seed;
  run.evaluate.mask_samples = 1000;
  const Measurements m = measured({.run = run,
                                   .model = model,
                                   .dataset = table.data,
                                   .seen = *table.source,
                                   .scored = *table.source,
                                   .key = measure_key(table.source->observation_model(), Support::real, "", 1500),
                                   .tick = [](double) {}});
  if (m.groups.empty()) throw Error(m.refused.at(0).second);
  return m.groups[0];
}

TEST(HeldOut, ItsNumbersAreThoseOfTheClosedForm) {
  const auto [x, seen] = rows_with_missing_values(true);
  const Table table(seen);
  Model model = model_of(linear_gaussian());
  const log::EvaluationGroup g = held_out(table, model, 0.3);
  const Linear truth = linear_gaussian();
  Rng noise = Rng(1).fork("held out").for_data(at::arange(1500, at::TensorOptions(at::kLong)));
  const Tensor hides = (noise.uniform({1, 1500, 8}).squeeze(0) < 0.3).logical_and(seen.isnan().logical_not());
  const Tensor given = seen.masked_fill(hides, not_known), deviation = table.source->statistics().variance.sqrt();
  double count = 0, log_p = 0, squares = 0, covered = 0;
  for (int64_t b = 0; b < 1500; ++b) {
    const auto [mean, sd] = exact(truth, given[b]);
    for (int64_t j = 0; j < 8; ++j) {
      if (!hides[b][j].item<bool>()) continue;
      const double s = item(sd[j]), r = (item(x[b][j]) - item(mean[j]));
      ++count;
      log_p += -std::log(s) - half_log_2pi - r * r / (2 * s * s);
      squares += r * r / std::pow(item(deviation[j]), 2);
      covered += std::abs(r) < 1.6448536269514722 * s;
    }
  }
  EXPECT_EQ(value_in(g, "hidden"), count);
  EXPECT_EQ(value_in(g, "observed"), item(seen.isnan().logical_not().sum()));
  EXPECT_NEAR(value_in(g, "log_p"), log_p / count, 0.005);
  EXPECT_NEAR(value_in(g, "nrmse"), std::sqrt(squares / count), 0.003);
  EXPECT_NEAR(value_in(g, "coverage"), covered / count, 0.006);
  EXPECT_TRUE(std::isnan(value_in(g, "accuracy"))) << "there are no names";
  EXPECT_EQ(value_in(g, "few_effective"), 0);
  EXPECT_EQ(array_in(g, "hidden_of_column").size(), 8u);
}

// One value hidden of a row makes the joint density that of the value; a mask depends on its seed alone.
TEST(HeldOut, MasksAreFunctionsOfTheirSeed) {
  const auto [x, seen] = rows_with_missing_values(false);
  const Table table(seen);
  Model model = model_of(linear_gaussian());
  const auto measure_of = [](const log::EvaluationGroup& g) { return g.texts.at(0).second; };
  const log::EvaluationGroup a = held_out(table, model, 0.05), b = held_out(table, model, 0.05),
                             c = held_out(table, model, 0.05, 2);
  EXPECT_EQ(measure_of(a), measure_of(b));
  EXPECT_NE(measure_of(a), measure_of(c));
  EXPECT_NE(measure_of(a).find("mask_fraction 0.05, mask_seed 1"), std::string::npos) << measure_of(a);
  const auto &counts = array_in(a, "hidden_each"), &sums = array_in(a, "log_p_each"),
             &joints = array_in(a, "log_p_joint_each");
  for (size_t i = 0; i < counts.size(); ++i) {
    EXPECT_EQ(std::isnan(sums[i]), counts[i] == 0);
    if (counts[i] == 1) {
      EXPECT_NEAR(sums[i], joints[i], 1e-9);
    }
  }
}

}  // namespace
}  // namespace elbo::host
