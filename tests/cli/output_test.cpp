// Output that nobody takes: a disk that is full is a failure, a reader that has seen enough is not.
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

using Output = Program;

size_t finished(const fs::path& folder) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.path().filename() == "done.json";
  return count;
}

}  // namespace

TEST_F(Output, ThatIsLostIsAFailure) {
  write("x.toml", tiny);
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  for (const char* verb : {"compare out", "compare out --format csv", "plan x.toml", "show out/*/log.h5",
                           "plugins list", "status out", "schema", "--help"}) {
    const Said said = elbo(std::string(verb) + " > /dev/full");
    EXPECT_EQ(said.code, 1) << verb << said.err;
    EXPECT_TRUE(has(said.err, "standard output could not be written")) << verb << said.err;
  }
}

TEST_F(Output, AReaderThatHasGoneEndsNoTraining) {
  std::string text = "seeds = [1, 2]\n" + tiny;
  write("x.toml", text.replace(text.find("max_epochs = 1,"), 15, "max_epochs = 20,"));
  const Said said = shell("'" + program + "' run x.toml --out out 2>&1 | head -n 1");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(finished(scratch.path / "out"), 2u) << said.out;
  EXPECT_TRUE(exists("out/report.html"));
}

TEST_F(Output, APageThatCannotBeWrittenIsAFailure) {
  write("x.toml", tiny);
  fs::create_directories(scratch.path / "out/report.html/in_its_place");
  const Said said = elbo("run x.toml --out out");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.err, "there is no report")) << said.err;
  EXPECT_EQ(finished(scratch.path / "out"), 1u);
}

}  // namespace elbo::host
