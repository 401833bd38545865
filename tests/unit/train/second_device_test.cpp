// A run on another device than the processor: nothing is left behind here, nothing there is touched from here, and the
// numbers are the same. See support/second_device.hpp for how that can be tested without one.
#include "support/second_device.hpp"

#include <gtest/gtest.h>

#include "support/toy_training.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

using testing::SecondDevice;

class OnSecondDevice : public ::testing::Test {
 protected:
  testing::ToyTraining toy;
};

TEST_F(OnSecondDevice, ARunGivesTheNumbersOfTheProcessor) {
  for (const char* optimizer : {"adam", "sgd", "rmsprop"}) {
    SCOPED_TRACE(optimizer);
    toy.run.optimizer.name = optimizer;
    toy.run.train.clip_norm = optimizer == std::string("adam") ? 5 : 0;
    const ScratchFolder one, other;
    testing::expect_close(toy.train(at::kCPU, one.path), toy.train(SecondDevice::get(), other.path), 1e-5);
  }
}

TEST_F(OnSecondDevice, NoStepWaitsForANumber) {
  const ScratchFolder folder;
  toy.run.data.train = 1000;  // 20 steps an epoch
  SecondDevice::reads();      // of other tests
  int64_t reads = 0;
  toy.train(SecondDevice::get(), folder.path, {}, false,
            [&](bool tested) { (tested ? SecondDevice::reads() : reads += SecondDevice::reads()); });
  EXPECT_LE(reads, 3) << "of 60 steps";
}

TEST_F(OnSecondDevice, ARunGoesOnWhereverItBegan) {
  for (const char* optimizer : {"adam", "adamw", "adagrad", "rmsprop", "sgd"}) {
    SCOPED_TRACE(optimizer);
    toy.run.optimizer.name = optimizer;
    toy.run.optimizer.momentum = 0.9;
    const ScratchFolder undisturbed, moved;
    const auto whole = toy.train(at::kCPU, undisturbed.path);
    for (const at::Device& device : {SecondDevice::get(), at::Device(at::kCPU), SecondDevice::get()})
      toy.train(device, moved.path, {}, true);  // a step each
    testing::expect_close(whole, toy.train(at::kCPU, moved.path), 1e-5);
  }
}

}  // namespace
}  // namespace elbo::host
