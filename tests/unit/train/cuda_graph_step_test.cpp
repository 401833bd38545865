// Steps that are recorded and replayed give the bits of steps that are done as they are. Here "recorded" is the function
// itself, kept to be called again: that which must be the same tensors each time, and that which must not be asked for again, are
// the same as on a device.
#include "train/cuda_graph_step.hpp"

#include <gtest/gtest.h>

#include "support/toy_training.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

using Result = testing::ToyTraining::Result;

class Captured : public ::testing::Test {
 protected:
  Captured() { toy.run.train.max_epochs = 4; }

  Result plain() const {
    const ScratchFolder folder;
    return toy.train(at::kCPU, folder.path);
  }

  Result captured(const std::filesystem::path& folder, bool stop = false) {
    return toy.train(at::kCPU, folder, capture, stop);
  }
  Result captured() {
    const ScratchFolder folder;
    return captured(folder.path);
  }

  testing::ToyTraining toy;
  std::string failure;
  int64_t captures = 0, replays = 0;
  const Capture capture = [this](const std::function<void()>& queue) -> std::function<void()> {
    ++captures;
    if (!failure.empty()) throw Error(failure);
    return [this, queue] {
      ++replays;
      queue();
    };
  };
};

TEST_F(Captured, ReplayedStepsHaveTheSameBits) {
  const Setting six = {"samples", int64_t{6}};
  for (const auto& [name, settings] : {std::pair<const char*, std::vector<Setting>>{"elbo", {}},
                                       {"iwae", {six}},
                                       {"piwae", {six, {"groups", int64_t{2}}}}}) {
    SCOPED_TRACE(name);
    toy.objective = testing::choice("objective", name, settings);
    toy.run.train.clip_norm = 2;
    captures = replays = 0;
    const Result result = captured();
    testing::expect_same_bits(plain(), result);
    EXPECT_EQ(captures, 1);
    EXPECT_EQ(replays, 16 - 4) << "four steps of each epoch, but for the first four of all";
    EXPECT_EQ(result.remark, "");
  }
}

TEST_F(Captured, AWeightThatChangesIsRecordedAnew) {
  toy.objective = testing::choice("objective", "beta", {{"warmup_epochs", int64_t{2}}});
  toy.run.train.max_epochs = 6;
  testing::expect_same_bits(plain(), captured());
  EXPECT_EQ(captures, 1) << "while beta rises from step to step nothing is recorded";
  EXPECT_EQ(replays, 16 - 4);
}

TEST_F(Captured, WhatGoesOnFromACheckpointHasTheSameBits) {
  const ScratchFolder folder;
  const Result whole = plain();
  for (int i = 0; i < 7; ++i) captured(folder.path, true);
  const Result rest = captured(folder.path);
  for (size_t i = 0; i < whole.state.size(); ++i) EXPECT_TRUE(whole.state[i].equal(rest.state[i])) << i;
  EXPECT_GT(replays, 0);
}

TEST_F(Captured, WhatCannotBeRecordedIsSaidOnceAndDoneAsItIs) {
  failure = "a number is read back\nwith a stack trace";
  const Result refused = captured();
  testing::expect_same_bits(plain(), refused);
  EXPECT_EQ(captures, 1);
  EXPECT_EQ(refused.remark,
            "steps are not recorded and replayed on the device: a number is read back; the run is slower for it, not "
            "different");
  toy.run.optimizer.name = "sgd";
  EXPECT_EQ(captured().remark,
            "steps are not recorded and replayed on the device: the update of train.optimizer \"sgd\" changes from "
            "step to step; "
            "the run is slower for it, not different");
}

}  // namespace
}  // namespace elbo::host
