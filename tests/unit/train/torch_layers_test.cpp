// Layers of torch::nn in plugins: they begin alike, are moved, trained and stored as all other modules, and resumed bit for bit.
#include "sdk/src/plugin/torch_seed.hpp"

#include <ATen/ops/rand.h>

#include "support/toy_training.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

using testing::choice;

PluginChoice with_layers(const std::string& kind, const std::string& name) {
  return {kind, name, std::string(ELBO_BUILD_DIR) + "/tests/torch_layers/" + kind + "/" + name + ".so", "", {}};
}

testing::ToyTraining toy() {
  testing::ToyTraining toy;
  toy.encoder = with_layers("encoder", "gru");
  toy.decoder = with_layers("decoder", "attention");
  return toy;
}

Model made(uint64_t seed) {
  return testing::make_model(with_layers("encoder", "gru"), with_layers("decoder", "attention"),
                             choice("likelihood", "bernoulli"), {{1, 4, 4}, Support::binary, 0}, 2, seed);
}

TEST(TorchLayers, BeginAsTheSeedOfTheRunSays) {
  const auto state = [](uint64_t seed) { return state_of(made(seed)); };
  const auto a = state(1);
  at::rand({3});  // what else has been drawn does not matter
  const auto b = state(1), c = state(2);
  ASSERT_EQ(a.size(), 4u + 2u + 2u + 4u + 4u);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
  EXPECT_EQ(a[0].first, "encoder.gru.weight_ih_l0");
  EXPECT_FALSE(a[0].second.equal(c[0].second));
}

TEST(TorchLayers, LeaveTheGlobalGeneratorAsItWas) {
  const Tensor before = at::detail::getDefaultCPUGenerator().get_state();
  made(1);
  EXPECT_TRUE(before.equal(at::detail::getDefaultCPUGenerator().get_state()));
  const auto drawn = [](uint64_t seed) {
    const TorchSeed guard{Rng(seed)};
    return at::rand({4});
  };
  EXPECT_TRUE(drawn(1).equal(drawn(1)));
  EXPECT_FALSE(drawn(1).equal(drawn(2)));
}

TEST(TorchLayers, ComputeInTheDtypeOfTheModel) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    Model model = made(1);
    model.to_like(zeros(Shape{1}).to(dtype));
    const Tensor x = zeros({3, 1, 4, 4}).to(dtype);
    EXPECT_EQ(model.encoder->encode(x)->mean().scalar_type(), dtype);
    EXPECT_EQ(model.decoder->decode(zeros({3, 2}).to(dtype)).scalar_type(), dtype);
  }
}

TEST(TorchLayers, DropInTrainingOnly) {
  Model model = made(1);
  const Tensor z = Rng(3).like(zeros(Shape{1}).to(at::kDouble)).normal({1, 5, 2})[0];
  model.set_training(false);
  EXPECT_TRUE(model.decoder->decode(z).equal(model.decoder->decode(z)));
  model.set_training(true);
  EXPECT_FALSE(model.decoder->decode(z).equal(model.decoder->decode(z)));
}

TEST(TorchLayers, AreTrained) {
  const testing::ToyTraining training = toy();
  const ScratchFolder folder;
  const auto result = training.train(at::kCPU, folder.path);
  EXPECT_LT(result.losses.back(), result.losses.front());
}

// With dropout: its noise comes from torch's generator, which each step seeds anew.
TEST(TorchLayers, AStoppedRunEndsAsAnUndisturbedOne) {
  const testing::ToyTraining training = toy();
  const ScratchFolder undisturbed, stopped;
  const auto whole = training.train(at::kCPU, undisturbed.path);
  training.train(at::kCPU, stopped.path, {}, true);
  at::rand({5});
  const auto resumed = training.train(at::kCPU, stopped.path);
  testing::expect_same_bits(whole, resumed);
}

}  // namespace
}  // namespace elbo::host
