#include <elbo/component.hpp>

#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <elbo/networks.hpp>

namespace elbo {
namespace {

struct Owner : Module {
  explicit Owner(bool twice = false) {
    part("inner", std::make_shared<nn::Linear>(3, 2, Rng(1)));
    scale = parameter("scale", ones(Shape{1}));
    seen = buffer("seen", zeros(Shape{1}));
    if (twice) parameter("scale", ones(Shape{1}));
  }
  Tensor scale, seen;
};

TEST(Module, ListsParametersAndBuffersByTheirPath) {
  const Owner owner;
  std::vector<std::string> names;
  for (const auto& [name, t] : owner.named_parameters()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"scale", "inner.weight", "inner.bias"}));
  ASSERT_EQ(owner.named_buffers().size(), 1u);
  EXPECT_FALSE(owner.named_buffers()[0].second.requires_grad());
}

TEST(Module, MovesTensorsInPlaceSoThatHandlesStayValid) {
  Owner owner;
  owner.to_like(zeros(Shape{1}).to(at::kDouble));
  EXPECT_EQ(owner.scale.scalar_type(), at::kDouble);
  EXPECT_TRUE(owner.scale.requires_grad());
}

struct OwnerOfNothing : Module {
  explicit OwnerOfNothing(int what) {
    if (what == 0) part("body", std::shared_ptr<nn::Linear>());
    if (what == 1) add_module("layer", std::shared_ptr<torch::nn::LinearImpl>());
    if (what == 2) parameter("weight", Tensor());
  }
};

TEST(Module, RefusesWhatIsNotThere) {
  for (int what = 0; what < 3; ++what) EXPECT_THROW(OwnerOfNothing{what}, Error) << what;
}

TEST(Module, RefusesANameUsedTwice) { EXPECT_THROW(Owner(true), Error); }

TEST(Module, TrainingReachesTheParts) {
  Owner owner;
  owner.set_training(false);
  EXPECT_FALSE(owner.training());
}

struct OwnerOfLayers : Module {
  OwnerOfLayers() {
    frozen->weight.set_requires_grad(false);
    add_module("norm", norm);
    add_module("frozen", frozen);
    add_module("shared", torch_layer);
    shifted = parameter("shift", torch_layer->bias);
  }
  torch::nn::BatchNorm1d norm{3};
  torch::nn::Linear frozen{3, 2};
  std::shared_ptr<torch::nn::LinearImpl> torch_layer = std::make_shared<torch::nn::LinearImpl>(3, 2);
  Tensor shifted;
};

TEST(Module, OwnsTheTensorsOfTorchLayers) {
  OwnerOfLayers owner;
  std::vector<std::string> trained, stored;
  for (const auto& [name, t] : owner.named_parameters()) trained.push_back(name);
  for (const auto& [name, t] : owner.named_buffers()) stored.push_back(name);
  EXPECT_EQ(trained, (std::vector<std::string>{"shift", "norm.weight", "norm.bias", "frozen.bias", "shared.weight",
                                               "shared.bias"}));
  EXPECT_EQ(stored, (std::vector<std::string>{"norm.running_mean", "norm.running_var", "norm.num_batches_tracked",
                                              "frozen.weight"}));
  EXPECT_TRUE(owner.shifted.is_same(owner.torch_layer->bias));  // not a copy that the layer does not see
  owner.to_like(zeros(Shape{1}).to(at::kDouble));
  EXPECT_EQ(owner.norm->running_mean.scalar_type(), at::kDouble);
  EXPECT_EQ(owner.norm->num_batches_tracked.scalar_type(), at::kLong);
  EXPECT_EQ(owner.torch_layer->forward(zeros({1, 3}).to(at::kDouble)).scalar_type(), at::kDouble);
}

TEST(Module, TrainingReachesTorchLayers) {
  OwnerOfLayers owner;
  EXPECT_TRUE(owner.norm->is_training());
  owner.set_training(false);
  EXPECT_FALSE(owner.norm->is_training());
  EXPECT_FALSE(owner.torch_layer->is_training());
}

TEST(Linear, MultipliesAndAdds) {
  const nn::Linear layer(3, 2, Rng(1));
  const Tensor x = Rng(2).normal({1, 4, 3}).squeeze(0);
  EXPECT_TRUE(layer.forward(x).allclose(x.matmul(layer.weight().t()) + layer.bias()));
  EXPECT_LE(layer.weight().abs().max().item<float>(), std::sqrt(6.0f / 5));
}

TEST(Mlp, WithoutLayersIsTheIdentity) {
  const nn::Mlp none(3, {}, "tanh", Rng(1));
  const Tensor x = Rng(2).normal({1, 4, 3}).squeeze(0);
  EXPECT_TRUE(none.forward(x).equal(x));
  EXPECT_EQ(none.out(), 3);
}

TEST(Activation, KnowsItsNamesAndRefusesOthers) {
  for (const auto& name : nn::activations()) EXPECT_NO_THROW(nn::activation(name, ones(Shape{2})));
  EXPECT_THROW(nn::activation("tan", ones(Shape{2})), UserError);
}

}  // namespace
}  // namespace elbo
