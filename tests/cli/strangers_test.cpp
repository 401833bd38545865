// A folder of results from somebody else: what is in it is read, and never run unless the user says so.
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Strangers : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    fs::copy_file(ELBO_BUILD_DIR "/lib/elbo/plugins/likelihood/bernoulli.so", scratch.path / "theirs.so");
    std::string text = tiny;
    const std::string shipped = "plugin = \"bernoulli\"";
    text.replace(text.find(shipped), shipped.size(), "plugin = \"bernoulli\", path = \"theirs.so\"");
    write("x.toml", text);
    be("author");
    const Said trained = elbo("run x.toml --out out");
    ASSERT_EQ(trained.code, 0) << trained.out << trained.err;
  }
  void TearDown() override { unsetenv("ELBO_CACHE"); }

  /// Users have caches of their own, with what each has asked for.
  void be(const std::string& user) const { setenv("ELBO_CACHE", (scratch.path / user).c_str(), 1); }

  fs::path run_folder() const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
      if (entry.is_directory()) return entry.path();
    return {};
  }
  std::string run() const { return "'" + run_folder().string() + "'"; }
};

}  // namespace

TEST_F(Strangers, PluginsAreLoadedOnlyWhereTheUserHasAskedForThem) {
  EXPECT_EQ(elbo("sample " + run()).code, 0) << "the author's own experiment has named it";
  be("somebody");
  const std::string verbs[] = {
      "sample " + run(), "evaluate " + run(),          "score " + run() + " --likelihood bernoulli",
      "resume out",      "rerun " + run() + "/log.h5", "export " + run() + "/log.h5 --torchscript networks"};
  for (const std::string& verb : verbs) {
    const Said said = elbo(verb);
    EXPECT_EQ(said.code, 2) << verb << said.out << said.err;
    for (const char* part : {"likelihood:bernoulli", "theirs.so", "--trust"})
      EXPECT_TRUE(has(said.err, part)) << verb << ": " << said.err;
  }
  for (const char* verb : {"compare out", "report out", "status out"}) EXPECT_EQ(elbo(verb).code, 0) << verb;
  const Said trusted = elbo("sample " + run() + " --trust");
  EXPECT_EQ(trusted.code, 0) << trusted.err;
  EXPECT_EQ(elbo("evaluate " + run() + " --metrics reconstruction").code, 0) << "it is remembered";
  std::ofstream(scratch.path / "theirs.so", std::ios::app) << "changed";
  EXPECT_TRUE(has(elbo("sample " + run()).err, "--trust")) << "by its content, not by its place";
}

TEST_F(Strangers, APlanThatIsNoneIsSaidInASentence) {
  const std::string deep(400'000, '[');
  const struct {
    std::string content, said;
  } cases[] = {{deep, "nested more than 200 deep"},
               {"{\"run\": 1", "is not JSON from byte"},
               {"{}", "not as this program writes it"},
               {"[1, 2]", "not as this program writes it"},
               {"", "is not JSON from byte"}};
  for (const auto& [content, said] : cases) {
    write("out/" + run_folder().filename().string() + "/run.json", content);
    for (const std::string verb : {"sample ", "evaluate ", "score --likelihood bernoulli "}) {
      const Said refused = elbo(verb + run());
      EXPECT_EQ(refused.code, 1) << verb << refused.err;
      EXPECT_TRUE(has(refused.err, "run.json: ") && has(refused.err, said)) << verb << refused.err;
      EXPECT_FALSE(has(refused.err, "json.exception.parse")) << refused.err;
    }
    write("out/plan.json", content);
    for (const std::string verb : {"resume ", "status ", "merge "}) {
      const Said refused = elbo(verb + "out");
      EXPECT_EQ(refused.code, 1) << verb << refused.err;
      EXPECT_TRUE(has(refused.err, "plan.json: ") && has(refused.err, said)) << verb << refused.err;
    }
    for (const std::string verb : {"compare ", "report "})
      EXPECT_LE(elbo(verb + "out").code, 1) << verb << content.substr(0, 9);
  }
}

TEST_F(Strangers, WeightsThatAreNotThoseOfTheRunAreRefused) {
  const fs::path weights = run_folder() / "weights.safetensors";
  std::string content = read_file(weights);
  content.back() ^= 1;
  std::ofstream(weights, std::ios::binary) << content;
  for (const char* verb : {"sample ", "evaluate "}) {
    const Said said = elbo(verb + run());
    EXPECT_NE(said.code, 0);
    EXPECT_TRUE(has(said.err + said.out, "weights.safetensors: is not what this run ended with"))
        << said.err << said.out;
  }
}

// One byte of it was changed; the HDF5 library frees what it never set.
TEST_F(Strangers, ALogThatCrashesTheLibraryIsNamedAndTheOthersAreCompared) {
  fs::create_directory(scratch.path / "out" / "bad");
  fs::copy_file(ELBO_SOURCE_DIR "/tests/fuzz/seeds/log/crashes_the_library", scratch.path / "out" / "bad" / "log.h5");
  const Said compared = elbo("compare out");
  EXPECT_EQ(compared.code, 1) << compared.out << compared.err;
  EXPECT_TRUE(has(compared.out, "reconstruction")) << compared.out;
  EXPECT_TRUE(has(compared.out + compared.err, "bad/log.h5: has damaged structures")) << compared.out << compared.err;
  EXPECT_EQ(elbo("report out").code, 0);
  for (const char* verb : {"show out/bad/log.h5", "recover out/bad/log.h5", "export out/bad/log.h5 --csv tables"}) {
    const Said said = elbo(verb);
    EXPECT_NE(said.code, 0) << verb << said.out << said.err;
    EXPECT_TRUE(has(said.err, "damaged structures")) << verb << said.err;
  }
  EXPECT_EQ(elbo("recover out/bad/log.h5").code, 1) << "the file is at fault, not the command";
  EXPECT_EQ(elbo("recover x.toml out/bad/log.h5").code, 2);
}

}  // namespace elbo::host
