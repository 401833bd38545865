#include "train/weight_average.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/toy_model.hpp"
#include "train/weights.hpp"

namespace elbo::host {
namespace {

using testing::choice;

Model linear() {
  return testing::make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                             choice("likelihood", "bernoulli"), {{3}, Support::binary, 0}, 2);
}

void fill(const Model& model, double value) {
  for (const auto& [name, t] : model.named_parameters()) t.detach().fill_(value);
}

// By its definition: the mean of the weights after each step, the i-th weighing d^(t - i).
TEST(WeightAverage, IsTheExponentiallyWeightedMeanOfTheWeightsAfterEachStep) {
  const Model model = linear();
  const double decay = 0.9;
  WeightAverage average;
  double sum = 0, total = 0;
  for (int i = 1; i <= 20; ++i) {
    fill(model, std::sin(i));
    average.add(model, decay);
    sum = decay * sum + std::sin(i);
    total = decay * total + 1;
    for (const auto& [name, t] : average.weights)
      EXPECT_NEAR(t.mean().item<double>(), sum / total, 1e-12) << i << " " << name;
  }
  EXPECT_EQ(average.steps, 20);
}

TEST(WeightAverage, IsATheModelsStateThatTheModelDoesNotChange) {
  Model model = linear();
  WeightAverage average;
  fill(model, 2);
  average.add(model, 0.5);
  fill(model, 5);
  const NamedTensors state = average.state(model);
  {
    const WeightsForNow averaged(model, state);
    EXPECT_EQ(model.named_parameters().front().second.max().item<double>(), 2);
  }
  EXPECT_EQ(model.named_parameters().front().second.max().item<double>(), 5);
  EXPECT_EQ(state.size(), state_of(model).size());
}

}  // namespace
}  // namespace elbo::host
