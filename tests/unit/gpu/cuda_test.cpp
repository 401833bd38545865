// On a CUDA device, against the processor. Where there is none each test skips with a line.
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/fused/fused.hpp"

#include "kernels/adam.hpp"
#include "kernels/cuda_graph.hpp"
#include "kernels/device.hpp"
#include "kernels/precision.hpp"
#include "support/toy_training.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

class Cuda : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "there is no CUDA device here";
    kernels::use_own_cuda_stream();
  }
  static at::Device device() { return {at::kCUDA, 0}; }
  static Tensor like() { return zeros({1}).to(device()); }
  static Tensor here(const Tensor& t) { return t.detach().to(at::kCPU); }
};

TEST_F(Cuda, DrawsTheBitsOfTheProcessor) {
  const Tensor ids = (arange(40, zeros({1})) * 7919).to(at::kLong);
  for (const int64_t n : {1, 3, 20, 784, 5001}) {
    Rng one = Rng(5).fork("x").for_data(ids).from_sample(3), other = one.like(like()).for_data(ids.to(device()));
    for (int call = 0; call < 3; ++call) {
      EXPECT_TRUE(here(other.uniform({2, 40, n})).equal(one.uniform({2, 40, n}))) << n;
      EXPECT_TRUE(here(other.normal({2, 40, n})).equal(one.normal({2, 40, n}))) << n;
    }
  }
}

TEST_F(Cuda, FusedFunctionsAgreeInValueAndGradient) {
  const auto results = [&](const at::Device& where) {
    Rng rng(1);
    const auto leaf = [&](const Shape& shape) { return rng.normal(shape).to(where).set_requires_grad(true); };
    const Tensor x = leaf({30, 12}), weight = leaf({7, 12}), bias = leaf({1, 7}), logit = leaf({2, 5, 40});
    const Tensor seen = (logit.detach().select(0, 0) > 0).to(at::kFloat);
    const Tensor value = fused::linear(x, weight, bias.flatten(), Activation::tanh).square().sum() +
                         bernoulli_log_prob(seen, logit).sum() + normal_kl(x, x * 0.3).sum() +
                         soft_bound(x, -1, 1).sum();
    value.backward();
    std::vector<Tensor> all = {here(value)};
    for (const Tensor& t : {x, weight, bias, logit}) all.push_back(here(t.grad()));
    return all;
  };
  const auto expected = results(at::kCPU), found = results(device());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(found[i].allclose(expected[i], 1e-4, 1e-5)) << i;
}

TEST_F(Cuda, AdamOnListsIsThatOfTheProcessor) {
  if (!kernels::has_adam_lists()) GTEST_SKIP() << "this libtorch has no update of lists";
  for (const bool decoupled : {false, true}) {
    const kernels::AdamRates rates{1e-2, 0.9, 0.999, 1e-8, 0.1, decoupled};
    Tensor p = Rng(1).normal({1, 500}), m = zeros({1, 500}), v = zeros({1, 500});
    kernels::AdamLists lists{{p.to(device())}, {}, {m.to(device())}, {v.to(device())}};
    for (int64_t step = 1; step <= 5; ++step) {
      const Tensor g = Rng(2).fork("g", static_cast<uint64_t>(step)).normal({1, 500});
      lists.gradients = {g.to(device())};
      kernels::adam_step(p, g, m, v, step, rates);
      kernels::adam_step(lists, full({}, static_cast<double>(step), like()), full({}, rates.lr, like()), rates);
    }
    EXPECT_TRUE(here(lists.parameters[0]).allclose(p, 1e-5, 1e-6));
  }
}

TEST_F(Cuda, ARunAgreesWithTheProcessorReplayedOrNot) {
  testing::ToyTraining toy;
  toy.run.train.clip_norm = 5;
  const ScratchFolder one, two, three;
  const auto cpu = toy.train(at::kCPU, one.path), plain = toy.train(device(), two.path);
  int64_t captures = 0;
  const auto counted = [&](const std::function<void()>& queue) {
    ++captures;
    return kernels::captured_on_cuda(queue);
  };
  const auto replayed = toy.train(device(), three.path, counted);
  testing::expect_close(cpu, plain, 1e-4);
  testing::expect_close(plain, replayed, 1e-5);
  EXPECT_EQ(replayed.remark, "");
  EXPECT_EQ(captures, 1);
}

TEST_F(Cuda, ARunGoesOnWhereverItBegan) {
  testing::ToyTraining toy;
  const ScratchFolder undisturbed, moved;
  const auto whole = toy.train(at::kCPU, undisturbed.path);
  for (const at::Device& where : {device(), at::Device(at::kCPU), device()})
    toy.train(where, moved.path, kernels::captured_on_cuda, true);
  testing::expect_close(whole, toy.train(at::kCPU, moved.path), 1e-4);
}

TEST_F(Cuda, ANumberReadBackCannotBeRecordedAndTheDeviceGoesOn) {
  const Tensor t = like();
  EXPECT_ANY_THROW(kernels::captured_on_cuda([&] { t.sum().item<double>(); }));
  EXPECT_EQ((t + 1).item<double>(), 1);
  Tensor sum = like();
  const auto add = kernels::captured_on_cuda([&] { sum.add_(1); });
  EXPECT_EQ(sum.item<double>(), 0) << "recorded, not done";
  add();
  add();
  EXPECT_EQ(sum.item<double>(), 2);
}

TEST_F(Cuda, PrecisionsRoundTheFactorsOfProductsAlone) {
  const Tensor a = Rng(1).normal({1, 64, 300}).squeeze(0), b = Rng(2).normal({1, 300, 48}).squeeze(0);
  const Tensor truth = a.to(at::kDouble).mm(b.to(at::kDouble));
  kernels::prepare_precision("bf16", device());
  const auto error = [&](const std::string& name) {
    const kernels::Precision precision(name);
    return (here(a.to(device()).mm(b.to(device()))).to(at::kDouble) - truth).abs().max().item<double>();
  };
  EXPECT_LT(error("float32"), 1e-4);
  EXPECT_LT(error("tf32"), 0.1);
  EXPECT_GT(error("bf16"), 1e-3);
  EXPECT_LT(error("bf16"), 1);
  EXPECT_LT(error("float32"), 1e-4) << "what was changed is as before";
}

TEST_F(Cuda, SaysWhatItIs) {
  EXPECT_EQ(kernels::device_of("cuda"), device());
  EXPECT_EQ(kernels::device_of("auto"), device());
  EXPECT_TRUE(kernels::in_words(device()).starts_with("cuda:0, ")) << kernels::in_words(device());
}

}  // namespace
}  // namespace elbo::host
