// Trained networks as files for other programs: what the worker traces is checked on other input before it is written.
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class TorchScript : public Program, public ::testing::WithParamInterface<std::string> {};

TEST_P(TorchScript, HoldsEncoderDecoderAndMean) {
  std::string experiment = tiny;
  const std::string encoder = "encoder = { plugin = \"mlp\", hidden = [8]";
  experiment.replace(experiment.find(encoder), encoder.size(), encoder + GetParam());
  if (experiment.find("von_mises_fisher") != std::string::npos)
    experiment.replace(experiment.find("standard_normal"), 15, "hyperspherical_uniform");
  write("x.toml", experiment);
  const Said run = elbo("run x.toml --out out");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  fs::path log;
  for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
    if (fs::exists(entry.path() / "log.h5")) log = entry.path() / "log.h5";
  const Said said = elbo("export '" + log.string() + "' --torchscript networks");
  EXPECT_EQ(said.code, 0) << said.err << said.out;
  for (const std::string part : {"encoder", "decoder", "mean"})
    EXPECT_TRUE(exists("networks/" + log.parent_path().filename().string() + "/" + part + ".pt")) << said.out;
}

const std::string options[] = {"", ", posterior = \"full_normal\"", ", flow = \"realnvp\"",
                               ", posterior = \"von_mises_fisher\""};
const std::string names[] = {"diagonal_normal", "full_normal", "realnvp", "sphere"};

INSTANTIATE_TEST_SUITE_P(posteriors, TorchScript, ::testing::ValuesIn(options),
                         [](const auto& info) { return names[info.index]; });

}  // namespace
}  // namespace elbo::host
