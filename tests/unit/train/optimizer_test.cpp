// The fused update against torch's own, which it must follow and be exchangeable with.
#include "train/optimizer.hpp"

#include <gtest/gtest.h>

#include <ATen/ops/ones_like.h>
#include <elbo/random.hpp>
#include "sdk/src/fused/fused.hpp"

namespace elbo::host {
namespace {

struct Rule {
  const char* name;
  double weight_decay;
  at::ScalarType dtype;
};

NamedTensors start(at::ScalarType dtype) {
  Rng rng(1);
  NamedTensors all = {{"w", rng.normal({1, 13, 7}).squeeze(0)}, {"b", rng.normal({1, 13}).squeeze(0)}};
  for (auto& [name, t] : all) t = t.to(dtype).set_requires_grad(true);
  return all;
}

/// Gradients that change from step to step and span orders of magnitude.
void give_gradients(NamedTensors& parameters, int64_t step) {
  for (auto& [name, t] : parameters) {
    Rng rng = Rng(2).fork(name, static_cast<uint64_t>(step));
    t.mutable_grad() = (rng.normal(Shape{1} + Shape(t.sizes().vec())).squeeze(0) * 4).sinh().to(t.scalar_type());
  }
}

void steps(Optimizer& optimizer, NamedTensors& parameters, int64_t first, int64_t last) {
  for (int64_t step = first; step < last; ++step) {
    give_gradients(parameters, step);
    optimizer.step();
  }
}

class Adam : public ::testing::TestWithParam<Rule> {
 protected:
  void TearDown() override { use_fused_kernels(true); }
  OptimizerConfig config() const {
    OptimizerConfig c;
    c.name = GetParam().name;
    c.weight_decay = GetParam().weight_decay;
    c.lr = 0.01;
    return c;
  }
  NamedTensors after(int64_t n, bool fused) const {
    use_fused_kernels(fused);
    NamedTensors parameters = start(GetParam().dtype);
    Optimizer optimizer(config(), parameters);
    steps(optimizer, parameters, 0, n);
    return parameters;
  }
  double tolerance() const { return GetParam().dtype == at::kFloat ? 1e-5 : 1e-12; }
};

TEST_P(Adam, FollowsTorchsOwn) {
  const NamedTensors ours = after(50, true), torchs = after(50, false);
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_TRUE(ours[i].second.allclose(torchs[i].second, tolerance(), tolerance()));
    EXPECT_FALSE(ours[i].second.equal(start(GetParam().dtype)[i].second));
  }
}

TEST_P(Adam, GoesOnFromAStoredStateToTheLastBit) {
  use_fused_kernels(true);
  NamedTensors parameters = start(GetParam().dtype);
  Optimizer first(config(), parameters), second(config(), parameters);
  steps(first, parameters, 0, 5);
  second.set_state(first.state());
  steps(second, parameters, 5, 9);
  const NamedTensors straight = after(9, true);
  for (size_t i = 0; i < parameters.size(); ++i) EXPECT_TRUE(parameters[i].second.equal(straight[i].second));
}

TEST_P(Adam, TakesTurnsWithTorchs) {
  NamedTensors parameters = start(GetParam().dtype);
  Optimizer optimizer(config(), parameters);
  for (int64_t step = 0; step < 20; ++step) {
    use_fused_kernels(step % 2 == 0);
    steps(optimizer, parameters, step, step + 1);
  }
  const NamedTensors torchs = after(20, false);
  for (size_t i = 0; i < parameters.size(); ++i)
    EXPECT_TRUE(parameters[i].second.allclose(torchs[i].second, tolerance(), tolerance()));
}

INSTANTIATE_TEST_SUITE_P(rules, Adam,
                         ::testing::Values(Rule{"adam", 0, at::kFloat}, Rule{"adam", 0, at::kDouble},
                                           Rule{"adam", 0.1, at::kDouble}, Rule{"adamw", 0.1, at::kFloat},
                                           Rule{"adamw", 0.1, at::kDouble}),
                         [](const auto& info) {
                           return std::string(info.param.name) + (info.param.weight_decay > 0 ? "_decaying" : "") +
                                  (info.param.dtype == at::kFloat ? "_float32" : "_float64");
                         });

TEST(Optimizer, AParameterWithoutGradientStaysAsItIs) {
  NamedTensors parameters = start(at::kFloat);
  Optimizer optimizer({}, parameters);
  parameters[0].second.mutable_grad() = parameters[0].second.detach().clone();
  optimizer.step();
  EXPECT_TRUE(parameters[1].second.equal(start(at::kFloat)[1].second));
  EXPECT_FALSE(parameters[0].second.equal(start(at::kFloat)[0].second));
}

/// Gradients of one; at an sgd's rate of 1 a step is the rate itself.
Tensor moved_by(Optimizer& optimizer, NamedTensors& parameters, size_t which) {
  const Tensor before = parameters[which].second.detach().clone();
  for (auto& [name, t] : parameters) t.mutable_grad() = at::ones_like(t);
  optimizer.step();
  return before - parameters[which].second.detach();
}

TEST(Optimizer, PartsHaveTheirOwnRatesAndAreScaledAlike) {
  OptimizerConfig config;
  config.name = "sgd";
  config.lr = 0.5;
  config.decoder_lr = 0.125;
  NamedTensors parameters = start(at::kDouble);
  parameters[0].first = "encoder.w";
  parameters[1].first = "decoder.w";
  Optimizer optimizer(config, parameters);
  for (const double factor : {1.0, 0.25}) {
    optimizer.scale_rates(factor);
    EXPECT_NEAR(moved_by(optimizer, parameters, 0).mean().item<double>(), 0.5 * factor, 1e-12);
    EXPECT_NEAR(moved_by(optimizer, parameters, 1).mean().item<double>(), 0.125 * factor, 1e-12);
  }
}

TEST(Optimizer, ARateForAPartWithoutParametersIsAMistake) {
  OptimizerConfig config;
  config.prior_lr = 0.01;
  NamedTensors parameters = start(at::kFloat);
  try {
    Optimizer optimizer(config, parameters);
    FAIL() << "a rate without effect was accepted";
  } catch (const UserError& e) {
    const std::string said = e.what();
    EXPECT_NE(said.find("train.optimizer.prior_lr is 0.01, and the prior has no trained parameters"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace elbo::host
