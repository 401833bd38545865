// A small run on data that the program makes, trained on any device.
#pragma once
#include <functional>

#include "support/toy_model.hpp"
#include "train/trainer.hpp"
#include "train/weights.hpp"

namespace elbo::host::testing {

struct ToyTraining {
  Run run;
  PluginChoice encoder = choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{8}}});
  PluginChoice decoder = choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{8}}});
  PluginChoice objective = choice("objective", "elbo");

  struct Result {
    std::vector<double> losses, test_elbos;  // of each epoch
    std::vector<std::vector<double>> kl_per_dim;
    std::vector<Tensor> state;  // parameters and buffers, on the processor
    std::string remark;
  };

  ToyTraining() {
    run.variant = "toy";
    run.data.name = "bars";
    run.data.observe = "binary";
    run.data.train = 230;  // four steps of 50 and one of 30
    run.data.test = 30;
    run.train.batch_size = 50;
    run.train.max_epochs = 3;
    run.latent_dim = 2;
  }

  /// From the newest checkpoint in the folder to the end, or one step where `stop` is set. `after_epoch` is called before and after each test pass.
  Result train(
      const at::Device& device, const std::filesystem::path& folder, const Capture& capture = {}, bool stop = false,
      const std::function<void(bool tested)>& after_epoch = [](bool) {}) const {
    const data::Dataset dataset = data::load(data::description_of(run.data), run.data);
    const auto observed = observation::observation_model({dataset.shape, dataset.support, dataset.levels},
                                                         Support::binary, false, run.data, "bernoulli");
    BatchSource source(dataset, observed);
    Model model = make_model(encoder, decoder, choice("likelihood", "bernoulli"), observed.observation, 2);
    set_objective(model, objective.name, objective.settings, source.size(Part::train));
    source.move_to(device);
    model.to_like(source.like());
    Result result;
    Trainer trainer(run, model, source, folder, capture);
    trainer.resume();
    TrainObserver observer;
    observer.tick = [](const Progress&, double) {};
    observer.step = [](int64_t, const auto&) {};
    observer.epoch = [&](int64_t, const auto& values, const auto& kl) {
      result.losses.push_back(values.at("loss"));
      result.kl_per_dim.push_back(kl);
      after_epoch(false);
    };
    observer.tested = [&](int64_t, const PassResult& r) {
      result.test_elbos.push_back(r.elbo);
      after_epoch(true);
    };
    observer.before_checkpoint = [] {};
    observer.remark = [&](const std::string& sentence) { result.remark += sentence; };
    const std::atomic<bool> stopped = stop;
    trainer.train(observer, stopped);
    for (const auto& [name, t] : state_of(model)) result.state.push_back(t.detach().to(at::kCPU).clone());
    return result;
  }
};

/// To so many parts of their size.
inline void expect_close(const ToyTraining::Result& a, const ToyTraining::Result& b, double tolerance) {
  ASSERT_EQ(a.losses.size(), b.losses.size());
  for (size_t i = 0; i < a.losses.size(); ++i) {
    EXPECT_NEAR(a.losses[i], b.losses[i], tolerance * std::abs(a.losses[i]));
    EXPECT_NEAR(a.test_elbos[i], b.test_elbos[i], tolerance * std::abs(a.test_elbos[i]));
    for (size_t j = 0; j < a.kl_per_dim[i].size(); ++j)
      EXPECT_NEAR(a.kl_per_dim[i][j], b.kl_per_dim[i][j], 10 * tolerance);
  }
  for (size_t i = 0; i < a.state.size(); ++i)
    EXPECT_TRUE(a.state[i].allclose(b.state[i], 10 * tolerance, tolerance)) << i;
}

inline void expect_same_bits(const ToyTraining::Result& a, const ToyTraining::Result& b) {
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_EQ(a.test_elbos, b.test_elbos);
  for (size_t i = 0; i < a.state.size(); ++i) EXPECT_TRUE(a.state[i].equal(b.state[i])) << i;
}

}  // namespace elbo::host::testing
