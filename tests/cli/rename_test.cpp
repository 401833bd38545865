// Names decide no result: what is called otherwise is neither trained again nor counted twice.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string two_variants(const std::string& first, const std::string& experiment = "names") {
  return "name = \"" + experiment + "\"\nseeds = [1, 2]\n" + tiny_model +
         "evaluate = { importance_samples = 5 }\nlog = { latents = 5, images = 4 }\n[[variant]]\nname = \"" + first +
         "\"\n[[variant]]\nname = \"other\"\nlatent_dim = 3\n";
}

class Rename : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    write("x.toml", two_variants("alpha"));
    const Said said = elbo("run x.toml --out out");
    ASSERT_EQ(said.code, 0) << said.out << said.err;
  }

  std::vector<std::string> runs_in(const std::string& out) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (entry.is_directory()) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string weights_of(const std::string& name) const {
    for (const std::string& run : runs_in("out"))
      if (run.starts_with(name + "-seed1")) return read_file(scratch.path / "out" / run / "weights.safetensors");
    return "";
  }

  /// Names in the first column of the only ranking, by what elbo compare says.
  std::vector<std::string> compared(const std::string& words) const {
    const Said said = elbo("compare " + words + " --format json");
    const Json comparison = Json::parse(said.out);
    std::vector<std::string> names;
    for (const Json& row : comparison.at("rankings").at(0).at("rows")) names.push_back(row.at("variant"));
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

TEST_F(Rename, ARenamedVariantKeepsItsRunsUnderItsNewName) {
  const std::string weights = weights_of("alpha");
  const auto before = runs_in("out");
  write("x.toml", two_variants("beta"));
  const Said again = elbo("run x.toml --out out");
  ASSERT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_TRUE(has(again.out, "variant 'alpha' is called 'beta' now")) << again.out;
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  const auto runs = runs_in("out");
  ASSERT_EQ(runs.size(), before.size());
  EXPECT_EQ(weights_of("alpha"), "");
  EXPECT_EQ(weights_of("beta"), weights);
  EXPECT_EQ(compared("out"), (std::vector<std::string>{"beta", "other"}));
  const h5::File log = h5::File::open(scratch.path / "out" / runs.at(0) / "log.h5", h5::Mode::read);
  EXPECT_EQ(log.attribute("/", "title"), "names: beta, seed 1");
  EXPECT_EQ(Json::parse(log.text("/config/plan_json")).at("variant"), "beta");
  EXPECT_FALSE(has(elbo("show out/" + runs.at(0) + "/log.h5").out, "alpha"));
  EXPECT_TRUE(has(elbo("status out").out, "4 done")) << elbo("status out").out;
  const Said third = elbo("run x.toml --out out");
  EXPECT_FALSE(has(third.out, "is called")) << third.out;
}

TEST_F(Rename, NamesCanChangePlaces) {
  const std::string weights = weights_of("alpha"), others = weights_of("other");
  std::string text = two_variants("other");
  text.replace(text.rfind("\"other\""), 7, "\"alpha\"");
  write("x.toml", text);
  const Said again = elbo("run x.toml --out out");
  ASSERT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  EXPECT_EQ(weights_of("other"), weights);
  EXPECT_EQ(weights_of("alpha"), others);
}

TEST_F(Rename, ARenamedExperimentKeepsItsRuns) {
  write("x.toml", two_variants("alpha", "other_names"));
  const Said again = elbo("run x.toml --out out");
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  EXPECT_TRUE(has(again.out, "experiment 'names' is called 'other_names' now")) << again.out;
  const h5::File log = h5::File::open(scratch.path / "out" / runs_in("out").at(0) / "log.h5", h5::Mode::read);
  EXPECT_EQ(log.attribute("/", "title"), "other_names: alpha, seed 1");
}

TEST_F(Rename, AnotherExperimentWhoseNameComesToTheSameFolderIsRefused) {
  write("a.toml", two_variants("alpha", "my exp"));
  write("b.toml", two_variants("beta", "my-exp"));
  ASSERT_EQ(elbo("run a.toml").code, 0);
  const Said other = elbo("run b.toml");
  EXPECT_EQ(other.code, 2) << other.out;
  for (const char* part : {"runs/my-exp", "'my exp'", "'my-exp'", "--out"})
    EXPECT_TRUE(has(other.err, part)) << other.err;
  EXPECT_EQ(elbo("run a.toml").code, 0);
}

TEST_F(Rename, TheSameRunUnderTwoNamesIsCountedOnceAndSaid) {
  fs::copy(scratch.path / "out", scratch.path / "kept", fs::copy_options::recursive);
  write("x.toml", two_variants("beta"));
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  EXPECT_EQ(compared("out kept"), (std::vector<std::string>{"beta", "other"}));
  const Said said = elbo("compare out kept");
  EXPECT_EQ(said.code, 0);
  EXPECT_TRUE(has(said.out, "is left out: the numbers are those of")) << said.out;
  EXPECT_TRUE(has(said.out, "is another name of")) << said.out;
}

TEST_F(Rename, ARunThatWasKilledGoesOnUnderItsNewName) {
  // As kill -9 leaves it: begun, not ended.
  const std::string run = runs_in("out").at(0);
  for (const char* file : {"log.h5", "done.json", "weights.safetensors"}) fs::remove(scratch.path / "out" / run / file);
  write("x.toml", two_variants("beta"));
  const Said again = elbo("run x.toml --out out");
  ASSERT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_TRUE(has(again.out, "finished before: 3 runs")) << again.out;
  EXPECT_EQ(runs_in("out").size(), 4u);
}

}  // namespace elbo::host
