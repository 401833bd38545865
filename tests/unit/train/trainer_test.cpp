#include "train/trainer.hpp"

#include <gtest/gtest.h>

#include "support/toy_model.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

using testing::choice;

struct Toy {
  Run run;
  data::Dataset dataset;
  Model model;
  std::unique_ptr<BatchSource> source;
  ScratchFolder folder;

  explicit Toy(int64_t valid = 0) {
    run.variant = "toy";
    run.data.name = "bars";
    run.data.observe = "binary";
    run.data.train = 300;
    run.data.valid = valid;
    run.data.test = 50;
    run.train.batch_size = 64;
    run.train.max_epochs = 4;
    run.latent_dim = 2;
    dataset = data::load(data::description_of(run.data), run.data);
    const auto observed = observation::observation_model({dataset.shape, dataset.support, dataset.levels},
                                                         Support::binary, false, run.data, "bernoulli");
    source = std::make_unique<BatchSource>(dataset, observed);
    const std::vector<Setting> small = {{"hidden", std::vector<int64_t>{8}}};
    model = testing::make_model(choice("encoder", "mlp", small), choice("decoder", "mlp", small),
                                choice("likelihood", "bernoulli"), observed.observation, 2);
    model.to_like(zeros(Shape{1}));
  }

  /// Elbo of the validation data under the model's weights, as early stopping measures it.
  double valid_elbo() {
    return test_pass(model, *source, Part::valid, run.evaluate.batch_size, source->rng(run.seed).fork("test")).elbo;
  }

  Outcome train(
      const std::atomic<bool>& stop, std::vector<double>* losses = nullptr, std::function<void()> each_step = [] {}) {
    valid_elbos.clear();
    Trainer trainer(run, model, *source, folder.path);
    trainer.resume();
    TrainObserver observer;
    observer.tick = [&](const Progress&, double) { each_step(); };
    observer.step = [](int64_t, const auto&) {};
    observer.epoch = [&](int64_t, const auto& values, const auto&) {
      if (losses) losses->push_back(values.at("loss"));
    };
    observer.tested = [&](int64_t, const PassResult&) {
      if (watches_validation(run)) valid_elbos.push_back(valid_elbo());
    };
    observer.before_checkpoint = [] {};
    const Outcome outcome = trainer.train(observer, stop);
    progress = trainer.progress();
    epochs = progress.epoch;
    return outcome;
  }

  int64_t epochs = 0;
  Progress progress;
  std::vector<double> valid_elbos;  // after each epoch of the last train()
};

/// At a rate at which the elbo jumps, so that the best epoch is not the last.
struct ToyThatJumps : Toy {
  ToyThatJumps() : Toy(50) {
    run.train.max_epochs = 40;
    run.optimizer.lr = 0.3;
    run.early_stopping = {.patience = 5};
  }
};

const std::atomic<bool> never = false;

TEST(Trainer, TheLossFalls) {
  Toy setup;
  std::vector<double> losses;
  EXPECT_EQ(setup.train(never, &losses), Outcome::finished);
  ASSERT_EQ(losses.size(), 4u);
  EXPECT_LT(losses.back(), losses.front());
}

TEST(Trainer, ARunStoppedInMidEpochEndsAsAnUndisturbedOne) {
  Toy undisturbed, stopped;
  std::vector<double> losses, pieces;
  undisturbed.train(never, &losses);
  std::atomic<bool> stop = false;
  int steps = 0;
  EXPECT_EQ(stopped.train(stop, &pieces, [&] { stop = ++steps == 7; }), Outcome::stopped);  // the third step of epoch 2
  Toy fresh;  // as a new process has it: other weights until the checkpoint is read
  std::filesystem::copy(stopped.folder.path, fresh.folder.path, std::filesystem::copy_options::recursive);
  EXPECT_EQ(fresh.train(never, &pieces), Outcome::finished);
  EXPECT_EQ(pieces, losses);
  const auto a = undisturbed.model.named_parameters(), b = fresh.model.named_parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
}

/// A chain for each of the 300 training data.
struct ToyOfChains : Toy {
  ToyOfChains() {
    testing::set_objective(model, "mcem", {{"updates", int64_t{2}}, {"leapfrog_steps", int64_t{3}}}, 300);
  }
  Tensor chains() const { return model.objective->named_buffers().at(0).second; }
};

TEST(Trainer, MonteCarloEmMovesItsChainsAndLearns) {
  ToyOfChains toy;
  const Tensor before = toy.chains().clone();
  std::vector<double> losses;
  toy.train(never, &losses);
  EXPECT_LT(losses.back(), losses.front());
  const Tensor moved = (toy.chains() != before).any(1);
  EXPECT_GT(moved.to(at::kDouble).mean().item<double>(), 0.9);  // each was shown four times, nine moves of ten accepted
  EXPECT_NE(toy.model.objective->named_buffers().at(1).second.item<float>(), 0.1F);
}

TEST(Trainer, ChainsGoOnFromACheckpointToTheLastBit) {
  ToyOfChains undisturbed, stopped, fresh;
  std::vector<double> losses, pieces;
  undisturbed.train(never, &losses);
  std::atomic<bool> stop = false;
  int steps = 0;
  EXPECT_EQ(stopped.train(stop, &pieces, [&] { stop = ++steps == 7; }), Outcome::stopped);
  std::filesystem::copy(stopped.folder.path, fresh.folder.path, std::filesystem::copy_options::recursive);
  EXPECT_EQ(fresh.train(never, &pieces), Outcome::finished);
  EXPECT_EQ(pieces, losses);
  const auto a = undisturbed.model.named_buffers(), b = fresh.model.named_buffers();
  ASSERT_EQ(a.size(), 2u);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
}

TEST(Trainer, ANonFiniteLossNamesEpochStepTermAndPlugin) {
  Toy setup;
  for (const auto& [name, t] : setup.model.named_parameters())
    if (name == "decoder.head.bias") t.detach().fill_(std::numeric_limits<double>::quiet_NaN());
  try {
    setup.train(never);
    FAIL() << "a loss of nan was accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(
        e.what(),
        "epoch 1, step 1: the decoder's output is not finite (decoder:mlp); lower the learning rate, clip gradients "
        "(train.clip_norm) or bound the scale");
  }
}

TEST(Trainer, StopsEarlyWithoutABetterValidationElbo) {
  Toy setup(50);
  setup.run.train.max_epochs = 50;
  setup.run.early_stopping = {.patience = 2, .min_delta = 1e6};
  EXPECT_EQ(setup.train(never), Outcome::finished);
  EXPECT_EQ(setup.epochs, 3);
}

TEST(Trainer, EndsWithTheWeightsOfTheBestValidationPass) {
  ToyThatJumps toy;
  toy.train(never);
  const auto best = std::max_element(toy.valid_elbos.begin(), toy.valid_elbos.end());
  ASSERT_LT(best, toy.valid_elbos.end() - 1);
  EXPECT_EQ(toy.progress.best_epoch, best - toy.valid_elbos.begin() + 1);
  EXPECT_EQ(toy.progress.best_elbo, *best);
  EXPECT_EQ(toy.valid_elbo(), *best);
}

TEST(Trainer, EndsWithTheLastWeightsWhereTheBestAreNotRestored) {
  ToyThatJumps toy;
  toy.run.early_stopping.restore_best = false;
  toy.train(never);
  ASSERT_LT(toy.progress.best_epoch, toy.progress.epoch);
  EXPECT_EQ(toy.valid_elbo(), toy.valid_elbos.back());
}

// Keras, say, keeps what was better by min_delta; the best pass is the best, whatever counts as progress.
TEST(Trainer, TheBestPassIsTheBestWhateverMinDelta) {
  ToyThatJumps toy;
  toy.run.early_stopping.min_delta = 1e6;
  toy.train(never);
  ASSERT_EQ(toy.valid_elbos.size(), 6u);
  const auto best = std::max_element(toy.valid_elbos.begin(), toy.valid_elbos.end());
  ASSERT_GT(best, toy.valid_elbos.begin());
  EXPECT_EQ(toy.valid_elbo(), *best);
}

TEST(Trainer, TheBestWeightsGoOnFromACheckpointToTheLastBit) {
  ToyThatJumps undisturbed;
  undisturbed.train(never);
  const int64_t steps = (undisturbed.progress.best_epoch + 1) * 5 + 2;  // in the second epoch after the best one
  ToyThatJumps stopped, fresh;
  std::atomic<bool> stop = false;
  int64_t done = 0;
  EXPECT_EQ(stopped.train(stop, nullptr, [&] { stop = ++done == steps; }), Outcome::stopped);
  ASSERT_GT(stopped.progress.epoch, undisturbed.progress.best_epoch);
  std::filesystem::copy(stopped.folder.path, fresh.folder.path, std::filesystem::copy_options::recursive);
  EXPECT_EQ(fresh.train(never), Outcome::finished);
  const auto a = undisturbed.model.named_parameters(), b = fresh.model.named_parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
}

/// A training that is stopped after so many steps and goes on in another process has the bits of one that was not.
template <class AnyToy>
void expect_same_bits_after_a_stop(AnyToy& undisturbed, AnyToy& stopped, AnyToy& fresh, int64_t steps) {
  std::vector<double> losses, pieces;
  undisturbed.train(never, &losses);
  std::atomic<bool> stop = false;
  int64_t done = 0;
  ASSERT_EQ(stopped.train(stop, &pieces, [&] { stop = ++done == steps; }), Outcome::stopped);
  std::filesystem::copy(stopped.folder.path, fresh.folder.path, std::filesystem::copy_options::recursive);
  ASSERT_EQ(fresh.train(never, &pieces), Outcome::finished);
  EXPECT_EQ(pieces, losses);
  const auto a = undisturbed.model.named_parameters(), b = fresh.model.named_parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
}

struct ToyOnAPlateau : Toy {
  ToyOnAPlateau() : Toy(50) {
    run.train.max_epochs = 12;
    run.optimizer.lr = 0.3;  // at which the elbo jumps
    run.optimizer.decoder_lr = 0.1;
    run.schedule = {.name = "plateau", .factor = 0.5, .patience = 0, .min_lr = 0.01};
  }
};

TEST(Trainer, ThePlateauGoesOnFromACheckpointToTheLastBit) {
  ToyOnAPlateau undisturbed, stopped, fresh;
  expect_same_bits_after_a_stop(undisturbed, stopped, fresh, 10 * 5 + 2);
  EXPECT_LT(undisturbed.progress.plateau.factor, 1);
  EXPECT_EQ(fresh.progress.plateau.factor, undisturbed.progress.plateau.factor);
  EXPECT_LT(stopped.progress.plateau.factor, 1) << "there was no state to be lost";
}

struct ToyThatAccumulates : Toy {
  ToyThatAccumulates() { run.train.accumulate = 2; }
};

TEST(Trainer, AccumulatedStepsGoOnFromACheckpointToTheLastBit) {
  ToyThatAccumulates undisturbed, stopped, fresh;
  expect_same_bits_after_a_stop(undisturbed, stopped, fresh, 4);
  EXPECT_EQ(undisturbed.progress.global_step, 4 * 3);  // 300 data are two steps of 128 and one of 44
}

TEST(Trainer, AccumulatedBatchesLearnAsOneBatchAsLarge) {
  ToyThatAccumulates parts;
  Toy whole;
  whole.run.train.batch_size = 128;
  std::vector<double> a, b;
  parts.train(never, &a);
  whole.train(never, &b);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-3 * std::abs(b[i])) << i;
}

struct ToyThatAverages : Toy {
  ToyThatAverages() : Toy(50) {
    run.optimizer.lr = 0.1;
    run.train.average_decay = 0.9;
    run.train.max_epochs = 8;
  }
};

TEST(Trainer, TheAverageIsTestedAndIsWhatTheModelEndsWith) {
  ToyThatAverages toy;
  toy.run.train.keep = "best";  // so that each epoch's weights are measured
  toy.train(never);
  EXPECT_EQ(toy.progress.best_elbo, *std::max_element(toy.valid_elbos.begin(), toy.valid_elbos.end()));
  EXPECT_EQ(toy.valid_elbo(), toy.progress.best_elbo);
  ToyThatAverages last;
  last.train(never);
  const auto averaged = last.progress.average.weights;
  const auto weights = last.model.named_parameters();
  ASSERT_EQ(averaged.size(), weights.size());
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_TRUE(weights[i].second.equal(averaged[i].second)) << i;
}

TEST(Trainer, TheAverageGoesOnFromACheckpointToTheLastBit) {
  ToyThatAverages undisturbed, stopped, fresh;
  expect_same_bits_after_a_stop(undisturbed, stopped, fresh, 17);
  Toy plain(50);
  plain.run.optimizer.lr = 0.1;
  plain.run.train.max_epochs = 8;
  plain.train(never);
  const auto a = undisturbed.model.named_parameters(), b = plain.model.named_parameters();
  EXPECT_FALSE(a[0].second.equal(b[0].second)) << "nothing was averaged";
}

/// Whose best epoch is not the last one, without early stopping.
struct ToyThatKeepsItsBest : Toy {
  explicit ToyThatKeepsItsBest(int64_t max_epochs = 20) : Toy(50) {
    run.train.max_epochs = max_epochs;
    run.optimizer.lr = 0.3;
    run.train.keep = "best";
  }
};

TEST(Trainer, KeepsTheBestWeightsWithoutStoppingEarly) {
  ToyThatKeepsItsBest toy;
  toy.train(never);
  EXPECT_EQ(toy.epochs, 20);
  const auto best = std::max_element(toy.valid_elbos.begin(), toy.valid_elbos.end());
  ASSERT_LT(best, toy.valid_elbos.end() - 1);
  EXPECT_EQ(toy.progress.best_epoch, best - toy.valid_elbos.begin() + 1);
  EXPECT_EQ(toy.valid_elbo(), *best);
}

TEST(Trainer, TheBestWeightsWithoutStoppingGoOnFromACheckpointToTheLastBit) {
  ToyThatKeepsItsBest undisturbed, stopped, fresh;
  expect_same_bits_after_a_stop(undisturbed, stopped, fresh, 19 * 5 + 2);
}

// The best weights are shown at the end, and training goes on from the last ones.
TEST(Trainer, MoreEpochsGoOnFromTheLastWeightsNotFromTheBest) {
  for (const double decay : {0.0, 0.9}) {
    ToyThatKeepsItsBest whole(20), first(12), more(20);
    for (Toy* toy : std::initializer_list<Toy*>{&whole, &first, &more}) toy->run.train.average_decay = decay;
    whole.train(never);
    first.train(never);
    ASSERT_LT(first.progress.best_epoch, 12);
    std::filesystem::copy(first.folder.path, more.folder.path, std::filesystem::copy_options::recursive);
    more.train(never);
    const auto a = whole.model.named_parameters(), b = more.model.named_parameters();
    for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << decay << a[i].first;
    EXPECT_EQ(more.progress.best_epoch, whole.progress.best_epoch);
  }
}

TEST(Trainer, AFinishedTrainingThatIsLoadedAgainHasTheWeightsThatItEndedWith) {
  ToyThatKeepsItsBest toy, again;
  toy.train(never);
  std::filesystem::copy(toy.folder.path, again.folder.path, std::filesystem::copy_options::recursive);
  again.train(never);
  EXPECT_EQ(again.valid_elbo(), toy.valid_elbo());
}

TEST(Trainer, EveryOptimiserLowersTheLoss) {
  for (const char* name : {"adam", "adamw", "adagrad", "sgd", "rmsprop"}) {
    Toy setup;
    setup.run.optimizer.name = name;
    setup.run.optimizer.lr = 0.01;
    setup.run.train.clip_norm = 5;
    std::vector<double> losses;
    setup.train(never, &losses);
    EXPECT_LT(losses.back(), losses.front()) << name;
  }
}

}  // namespace
}  // namespace elbo::host
