#include "elbo/module.hpp"

#include <gtest/gtest.h>

#include "elbo/nn.hpp"

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

TEST(Module, RefusesANameUsedTwice) { EXPECT_THROW(Owner(true), Error); }

TEST(Module, TrainingReachesTheParts) {
  Owner owner;
  owner.set_training(false);
  EXPECT_FALSE(owner.training());
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
