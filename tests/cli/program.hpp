// The real program, run as a user would, in a folder of the test's own.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/files.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo {

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

  /// `line` is what the user types after "elbo", in the scratch folder; quoting is the shell's.
  Said elbo(const std::string& line) const {
    const std::string folder = scratch.path.string();
    const std::string command = "cd '" + folder + "' && '" + program + "' " + line + " > .out 2> .err < /dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(scratch.path / ".out"),
            read_file(scratch.path / ".err")};
  }

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
inline const std::string tiny =
    "latent_dim = 2\n"
    "dataset = { name = \"bars\", observe = \"binary\", train = 200, test = 50 }\n"
    "encoder = { plugin = \"mlp\", hidden = [8] }\n"
    "decoder = { plugin = \"mlp\", hidden = [8] }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"bernoulli\" }\n"
    "train = { max_epochs = 1, batch_size = 50 }\n";

}  // namespace elbo
