// The real program, run as a user would, in a folder of the test's own.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/files.hpp"
#include "base/process.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {

struct Said {
  int code = -1;
  std::string out, err;
};

class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("CI", "1", 1);
    unsetenv("ELBO_WORKER");
  }

  /// Runs a shell script in the scratch folder. The code is -1 when a signal ended it.
  Said shell(const std::string& script) const {
    Ended ended = run_to_end({"/bin/sh", "-c", "cd '" + scratch.path.string() + "'\n" + script}, std::chrono::hours(1));
    return {WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1, std::move(ended.out), std::move(ended.err)};
  }

  /// `line` is what the user types after "elbo", in the scratch folder; quoting is the shell's.
  Said elbo(const std::string& line) const { return shell("'" + program + "' " + line); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(scratch.path / name) << content;
  }

  bool exists(const std::string& name) const { return std::filesystem::exists(scratch.path / name); }

  /// Nothing but the files of the test: no output folder was begun.
  void expect_nothing_written() const { EXPECT_FALSE(exists("runs")); }

  const std::string program = ELBO_BUILD_DIR "/bin/elbo";
  ScratchFolder scratch;
};

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Binary data that the program makes itself and the smallest of models; more keys may follow.
inline const std::string tiny_model =
    "latent_dim = 2\n"
    "dataset = { name = \"bars\", observe = \"binary\", train = 200, test = 50 }\n"
    "encoder = { plugin = \"mlp\", hidden = [8] }\n"
    "decoder = { plugin = \"mlp\", hidden = [8] }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"bernoulli\" }\n"
    "train = { max_epochs = 1, batch_size = 50 }\n";

/// The same without a second for the ladder of estimators.
inline const std::string tiny = tiny_model + "evaluate.importance_samples = 500\n";

}  // namespace elbo::host
