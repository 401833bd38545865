// Experiments that take a second, run by the real program, and the means to disturb them.
#pragma once
#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "base/process.hpp"
#include "cli/program.hpp"
#include "same_result.hpp"

namespace elbo::host {

class Robust : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    setenv("ELBO_PLUGIN_PATH", ELBO_FAULT_PLUGINS, 1);
    setenv("ELBO_CACHE", (scratch.path / "cache").c_str(), 1);
  }
  void TearDown() override {
    for (const char* name :
         {"ELBO_PLUGIN_PATH", "ELBO_CACHE", "ELBO_DIE_IN", "ELBO_DIE_AT", "ELBO_DIE_LOG", "ELBO_DIE_ALL"})
      unsetenv(name);
  }

  /// `count` by default, all of them when ELBO_ROBUST_FULL is set.
  static int few_or(int all, int count) { return std::getenv("ELBO_ROBUST_FULL") ? all : count; }

  /// The program, going on while the test does.
  std::unique_ptr<Process> begin(const std::vector<std::string>& words) const {
    return std::make_unique<Process>(program, words, Environment{});
  }

  /// Its exit code, or minus the signal that ended it; what it said is in `said`.
  int end_of(Process& process) {
    const auto take = [this](Process::Stream, const std::string& line) { said += line + "\n"; };
    while (!process.wait_status()) {
      process.read(Process::output, [&](const std::string& line) { said += line + "\n"; });
      process.read(Process::errors, [&](const std::string& line) { said += line + "\n"; });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    process.drain(take);
    const int status = *process.wait_status();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// False when the process ended before the condition held.
  static bool wait_until(Process& process, const std::function<bool()>& condition) {
    while (!condition()) {
      if (process.wait_status()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  /// Seeds until decided: two variants that differ by less than their seeds do, so that they stay open, and one far below both.
  static std::string looked_at_experiment() {
    const std::string fast = "train.optimizer.lr = 0.05\n";
    return "seeds = { until = \"decided\", looks = [3, 4, 5], alpha = 0.05 }\n" + tiny +
           "[[variant]]\nname = \"good\"\ntrain.max_epochs = 12\n" + fast +
           "[[variant]]\nname = \"fair\"\ntrain.max_epochs = 5\n" + fast +
           "[[variant]]\nname = \"bad\"\ntrain.optimizer.lr = 1e-8\nencoder.initial_log_scale = -6\n";
  }

  std::string path(const std::string& name) const { return (scratch.path / name).string(); }

  /// The folder of the only run below an experiment's folder.
  std::filesystem::path run_in(const std::string& out) const {
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path / out))
      if (entry.is_directory()) return entry.path();
    return scratch.path / out / "none";
  }

  std::string said;
};

/// Exercises all that a checkpoint holds: steps, partial sums, early stopping, latents, images, warm-up.
inline std::string small_experiment(int epochs) {
  return "latent_dim = 2\n"
         "dataset = { name = \"bars\", observe = \"binary\", train = 200, valid = 50, test = 50 }\n"
         "encoder = { plugin = \"mlp\", hidden = [8] }\n"
         "decoder = { plugin = \"mlp\", hidden = [8] }\n"
         "prior = { plugin = \"standard_normal\" }\n"
         "likelihood = { plugin = \"bernoulli\" }\n"
         "objective = { plugin = \"beta\", warmup_epochs = 1 }\n"
         "evaluate = { importance_samples = 20 }\n"
         "log = { steps_every = 3, images = 4, latents_every = 2 }\n"
         "[train]\nbatch_size = 20\ncheckpoint_seconds = 0\n"
         "early_stopping = { patience = 1000 }\n"
         "max_epochs = " +
         std::to_string(epochs) + "\n";
}

}  // namespace elbo::host
