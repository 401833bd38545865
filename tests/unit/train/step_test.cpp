#include "train/step.hpp"

#include <gtest/gtest.h>

#include <ATen/ops/arange.h>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item;

/// 24 binary data of nine values, in float64; gradient descent at the rate 1, so that a step is the gradient
/// itself.
struct ToyStep {
  data::Dataset dataset = binary();
  observation::ObservationModel observed{{{1, 3, 3}, Support::binary, 0}};
  BatchSource source{dataset, observed, true};
  Run run;

  ToyStep() {
    run.optimizer.name = "sgd";
    run.optimizer.lr = 1;
    run.train.gradient_scale = "dataset";
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

  struct Stepped {
    std::vector<Tensor> weights;  // after one step from the same beginning
    double objective;             // before it
  };

  Stepped step(int64_t first, int64_t count) const {
    const std::vector<Setting> small = {{"hidden", std::vector<int64_t>{6}}};
    const Model model = testing::make_model(choice("encoder", "mlp", small), choice("decoder", "mlp", small),
                                            choice("likelihood", "bernoulli"), observed.observation, 2);
    Optimizer optimizer(run.optimizer, model.named_parameters());
    const Tensor ids = at::arange(first, first + count, at::TensorOptions(at::kLong));
    const ObjectiveValue before = train_step(run, model, source, optimizer, ids, Rng(3), 0);
    Stepped stepped{{}, item(before.value)};
    for (const auto& [name, t] : model.named_parameters()) stepped.weights.push_back(t.detach().clone());
    return stepped;
  }
};

// The sum over the data is estimated by N / M times a batch's: over an epoch the steps average to that of all data
// at once, the noise being each data point's own (Kingma & Welling 2014, Eq. 8).
TEST(Step, OfTheDataSetIsOnAverageThatOfAllDataAtOnce) {
  const ToyStep toy;
  const auto whole = toy.step(0, 24);
  for (const int64_t batch : {1, 6, 8}) {
    const double batches = 24. / static_cast<double>(batch);
    std::vector<Tensor> mean;
    double objective = 0;
    for (int64_t first = 0; first < 24; first += batch) {
      const auto part = toy.step(first, batch);
      objective += part.objective / batches;
      for (size_t i = 0; i < part.weights.size(); ++i)
        first == 0 ? mean.push_back(part.weights[i] / batches) : void(mean[i] += part.weights[i] / batches);
    }
    EXPECT_NEAR(objective, whole.objective, 1e-9);
    for (size_t i = 0; i < mean.size(); ++i)
      EXPECT_LT(item((mean[i] - whole.weights[i]).abs().max()), 1e-9 * (1 + item(whole.weights[i].abs().max())));
  }
}

TEST(Step, OfTheDataSetIsAsManyTimesThatOfADatumAsThereAreData) {
  ToyStep toy;
  const auto scaled = toy.step(0, 6);
  toy.run.train.gradient_scale = "datum";
  toy.run.optimizer.lr = 24;
  const auto one = toy.step(0, 6);
  for (size_t i = 0; i < one.weights.size(); ++i)
    EXPECT_LT(item((one.weights[i] - scaled.weights[i]).abs().max()), 1e-9);
}

}  // namespace
}  // namespace elbo::host
