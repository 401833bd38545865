// Steps on several batches against steps on one batch as large, which is the definition of what they should be.
#include "train/accumulation.hpp"

#include <gtest/gtest.h>

#include <ATen/ops/arange.h>

#include "support/toy_model.hpp"
#include "train/batch_dependence.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item;

/// 24 binary data of nine values, in float64; gradient descent at the rate 1, so that a step is the gradient itself.
struct ToyOfParts {
  data::Dataset dataset = binary();
  observation::ObservationModel observed{{{1, 3, 3}, Support::binary, 0}};
  BatchSource source{dataset, observed, true};
  Run run;
  std::string objective;
  std::vector<Setting> settings;

  explicit ToyOfParts(std::string name, std::vector<Setting> of_objective = {})
      : objective(std::move(name)), settings(std::move(of_objective)) {
    run.optimizer.name = "sgd";
    run.optimizer.lr = 1;
  }

  static data::Dataset binary() {
    data::Dataset d;
    d.shape = {1, 3, 3};
    d.support = Support::binary;
    d.train.x = {{24, 1, 3, 3}, std::vector<uint8_t>(24 * 9, 0)};
    auto& bytes = std::get<std::vector<uint8_t>>(d.train.x.values);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = (i * i + i / 7) % 3 == 0;
    return d;
  }

  Model model() const {
    const std::vector<Setting> small = {{"hidden", std::vector<int64_t>{6}}};
    Model made = testing::make_model(choice("encoder", "mlp", small), choice("decoder", "mlp", small),
                                     choice("likelihood", "bernoulli"), observed.observation, 2);
    testing::set_objective(made, objective, settings, 24);
    return made;
  }

  struct Stepped {
    std::vector<Tensor> weights;  // after one step from the same beginning
    ObjectiveValue before;
  };

  /// On all data, in batches of at most so many.
  Stepped step(int64_t batch_size) {
    run.train.batch_size = batch_size;
    const Model stepped = model();
    Optimizer optimizer(run.optimizer, stepped.named_parameters());
    const Tensor ids = at::arange(24, at::TensorOptions(at::kLong));
    Stepped result{{}, train_step(run, stepped, source, optimizer, ids, Rng(3), 0)};
    for (const auto& [name, t] : stepped.named_parameters()) result.weights.push_back(t.detach().clone());
    return result;
  }

  std::string why_not() {
    Model tried = model();
    const NamedTensors before = tried.named_parameters();
    std::vector<Tensor> values;
    for (const auto& [name, t] : before) values.push_back(t.detach().clone());
    std::string why = why_not_one_batch(run, tried, source);
    for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(values[i].equal(before[i].second)) << before[i].first;
    return why;
  }
};

class OfAMean : public ::testing::TestWithParam<const char*> {};

TEST_P(OfAMean, TheGradientIsThatOfOneBatchAsLarge) {
  ToyOfParts toy(GetParam());
  const auto whole = toy.step(24);
  for (const int64_t batch : {12, 8, 5, 1}) {  // of 5 the last one has 4
    const auto parts = toy.step(batch);
    EXPECT_NEAR(item(parts.before.value), item(whole.before.value), 1e-9);
    for (size_t i = 0; i < whole.weights.size(); ++i)
      EXPECT_LT(item((parts.weights[i] - whole.weights[i]).abs().max()), 1e-9) << batch << " " << i;
  }
}

TEST_P(OfAMean, SoDoTheNumbersForTheLog) {
  ToyOfParts toy(GetParam());
  const auto whole = toy.step(24), parts = toy.step(5);
  const Means &a = whole.before.means, &b = parts.before.means;
  EXPECT_NEAR(a.reconstruction, b.reconstruction, 1e-9);
  ASSERT_EQ(a.elbo.has_value(), b.elbo.has_value());
  if (a.elbo) EXPECT_NEAR(*a.elbo, *b.elbo, 1e-9);
  ASSERT_EQ(a.kl_per_dim.size(), b.kl_per_dim.size());
  for (size_t j = 0; j < a.kl_per_dim.size(); ++j) EXPECT_NEAR(a.kl_per_dim[j], b.kl_per_dim[j], 1e-9);
  ASSERT_EQ(whole.before.weighted.size(), parts.before.weighted.size());
  for (size_t t = 0; t < whole.before.weighted.size(); ++t)
    EXPECT_NEAR(whole.before.weighted[t].value(), parts.before.weighted[t].value(), 1e-9);
}

TEST_P(OfAMean, NothingIsSaidOfIt) { EXPECT_EQ(ToyOfParts(GetParam()).why_not(), ""); }

// wake_sleep draws noise of its own, which belongs to the places of a step.
INSTANTIATE_TEST_SUITE_P(objectives, OfAMean,
                         ::testing::Values("elbo", "beta", "iwae", "ciwae", "miwae", "piwae", "autoencoder",
                                           "wake_sleep"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Accumulation, ItIsSaidWhereADataPointsValueDependsOnItsBatch) {
  for (const auto& [name, settings] : {std::pair<const char*, std::vector<Setting>>{"total_correlation", {}},
                                       {"mmd", {}},
                                       {"free_bits", {{"free_bits", 0.05}}},
                                       {"capacity", {{"capacity", 0.1}}}}) {
    ToyOfParts toy(name, settings);
    toy.run.train.accumulate = 4;
    toy.run.train.batch_size = 6;
    const std::string why = toy.why_not();
    EXPECT_NE(why.find("depends on the others in its batch"), std::string::npos) << name;
    EXPECT_NE(why.find("train.accumulate = 4"), std::string::npos) << name;
    EXPECT_NE(why.find("one batch of 24"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace elbo::host
