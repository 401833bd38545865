// Training data read by blocks: the same bits whatever happens on the way, and next to whichever other runs.
#include "base/files.hpp"
#include "robust.hpp"
#include "unit/data/files.hpp"

namespace elbo::host {
namespace {

/// 600 images of 4 x 4 levels, of which the experiment may hold a tenth.
class Blocks : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    std::string values(600 * 16, '\0');
    uint32_t state = 1;
    for (char& value : values) value = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    test::write(scratch.path / "x.npy", test::npy("'|u1'", "(600, 4, 4)", values));
    write("x.toml", experiment(6));
  }

  static std::string experiment(int epochs, const std::string& more = "") {
    return "latent_dim = 2\n"
           "dataset = { path = \"x.npy\", format = \"npy\", observe = \"binary\", test = 10, valid = 10, memory_gb = "
           "0.000001 }\n"
           "encoder = { plugin = \"mlp\", hidden = [8] }\n"
           "decoder = { plugin = \"mlp\", hidden = [8] }\n"
           "prior = { plugin = \"standard_normal\" }\n"
           "likelihood = { plugin = \"bernoulli\" }\n"
           "evaluate = { importance_samples = 20 }\n"
           "log = { steps_every = 3, images = 4 }\n" +
           more +
           "[train]\nbatch_size = 20\ncheckpoint_seconds = 0\nearly_stopping = { patience = 1000 }\n"
           "max_epochs = " +
           std::to_string(epochs) + "\n";
  }
};

}  // namespace

TEST_F(Blocks, ARunThatIsKilledEndsWithTheSameBits) {
  const auto start = std::chrono::steady_clock::now();
  const Said undisturbed = elbo("run x.toml --out whole");
  ASSERT_EQ(undisturbed.code, 0) << undisturbed.out << undisturbed.err;
  const auto whole = std::chrono::steady_clock::now() - start;
  for (int i = 1; i <= few_or(10, 3); ++i) {
    const std::string out = "killed" + std::to_string(i);
    const auto process = begin({"run", path("x.toml"), "--out", path(out)});
    std::this_thread::sleep_for(whole * i / few_or(11, 4));
    process->signal(SIGKILL);
    end_of(*process);
    const Said again = elbo("run x.toml --out " + out);
    ASSERT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_EQ(differences(run_in("whole"), run_in(out)), std::vector<std::string>()) << out;
  }
}

TEST_F(Blocks, ARunBesideOthersHasTheBitsOfOneAlone) {
  ASSERT_EQ(elbo("run x.toml --out alone").code, 0);
  write("many.toml", experiment(6, "seeds = [1, 2, 3]\n"));
  const Said many = elbo("run many.toml --jobs 3 --out many");
  ASSERT_EQ(many.code, 0) << many.out << many.err;
  std::vector<std::filesystem::path> first;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "many"))
    if (entry.path().filename().string().find("seed1-") != std::string::npos) first.push_back(entry.path());
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(differences(run_in("alone"), first[0]), std::vector<std::string>());
}

TEST_F(Blocks, AFileThatChangesDuringTheRunFailsItInWords) {
  write("x.toml", experiment(100000));
  const auto process = begin({"run", path("x.toml"), "--out", path("out")});
  ASSERT_TRUE(wait_until(*process, [&] {
    return std::filesystem::exists(scratch.path / "out") && std::filesystem::exists(run_in("out") / "checkpoint.0");
  }));
  const auto time = std::filesystem::last_write_time(scratch.path / "x.npy");
  std::fstream(scratch.path / "x.npy", std::ios::in | std::ios::out | std::ios::binary).seekp(4000).put('!');
  std::filesystem::last_write_time(scratch.path / "x.npy", time);
  EXPECT_NE(end_of(*process), 0);
  EXPECT_NE(said.find("x.npy: has changed since the run was planned: it holds other values"), std::string::npos)
      << said;
}

}  // namespace elbo::host
