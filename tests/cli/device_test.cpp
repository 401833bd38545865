// Where runs are computed, as the user asks for it. Most computers have no CUDA device, so what is asked for is "auto" or refused.
#include <nlohmann/json.hpp>

#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Device : public Program {
 protected:
  bool has_cuda() const { return shell("'" + program + "-worker' device cuda").code == 0; }

  std::string device_in_log() const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "runs/x"))
      if (fs::exists(entry.path() / "log.h5"))
        return h5::File::open(entry.path() / "log.h5", h5::Mode::read).attribute("/provenance", "device");
    return "no log";
  }
};

TEST_F(Device, AskedForWhereItIsNotItIsRefusedBeforeAnythingIsWritten) {
  if (has_cuda()) GTEST_SKIP() << "there is a CUDA device here";
  write("x.toml", "name = \"x\"\n" + tiny);
  for (const char* line : {"run x.toml --device cuda", "run x.toml --set 'train.device=\"cuda\"'"}) {
    const Said said = elbo(line);
    EXPECT_EQ(said.code, 2);
    EXPECT_TRUE(has(said.err, "elbo: train.device = \"cuda\": ") &&
                has(said.err, "; use device = \"cpu\", or \"auto\""))
        << said.err;
    expect_nothing_written();
  }
}

TEST_F(Device, AutoIsTheProcessorWhereThereIsNoOtherAndTheLogSaysSo) {
  if (has_cuda()) GTEST_SKIP() << "there is a CUDA device here";
  write("x.toml", "name = \"x\"\n" + tiny);
  const Said said = elbo("run x.toml --device auto --set train.max_epochs=1");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(device_in_log(), "cpu");
  // the same run, wherever it is computed
  const Said again = elbo("run x.toml --device cpu --set train.max_epochs=1");
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  EXPECT_EQ(elbo("evaluate runs/x --device auto --metrics reconstruction").code, 0);
}

TEST_F(Device, AnotherNameIsRefused) {
  write("x.toml", tiny);
  for (const char* verb : {"run x.toml", "evaluate .", "resume ."}) {
    const Said said = elbo(std::string(verb) + " --device gpu");
    EXPECT_EQ(said.code, 2) << verb;
    EXPECT_NE(said.err, "");
  }
  EXPECT_TRUE(
      has(elbo("run x.toml --device gpu").err, "elbo run: --device gpu: not known; expected cpu, cuda or auto"));
}

TEST_F(Device, Tf32OnTheProcessorIsRefusedBeforeAnythingRuns) {
  write("x.toml", "name = \"x\"\n" + tiny);
  for (const char* verb : {"check", "run"}) {
    const Said said = elbo(std::string(verb) + " x.toml --set 'train.precision=\"tf32\"'");
    EXPECT_EQ(said.code, 2) << verb;
    EXPECT_TRUE(has(said.err,
                    "train.precision = \"tf32\" with train.device = \"cpu\": processors have no such products; "
                    "expected device = \"cuda\""))
        << said.err;
  }
  EXPECT_EQ(elbo("check x.toml --set 'train.precision=\"tf32\"' --set 'train.device=\"cuda\"'").code, 0);
}

}  // namespace
}  // namespace elbo::host
