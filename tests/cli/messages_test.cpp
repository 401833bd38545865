// Every mistake: one sentence, exit code 2, nothing half-written.
#include "program.hpp"

namespace elbo {

using Messages = Program;

TEST_F(Messages, NoArgumentsPrintTheVerbs) {
  const Said said = elbo("");
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.err, "");
  for (const char* verb :
       {"run FILE", "plan FILE", "check FILE", "plugins list", "data list", "recover LOG", "--version"})
    EXPECT_TRUE(has(said.out, verb)) << verb;
  EXPECT_EQ(elbo("--help").out, said.out);
}

TEST_F(Messages, VersionNamesTheProgramAndItsLibraries) {
  const Said said = elbo("--version");
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out.rfind("elbo 0.", 0), 0u);
  for (const char* name :
       {"libtorch", "compiler", "Boost", "HDF5", "fmt", "toml++", "nlohmann-json", "zlib", "libpng"})
    EXPECT_TRUE(has(said.out, name)) << name;
}

TEST_F(Messages, UnknownVerb) {
  const Said said = elbo("rnu experiment.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo: 'rnu' is not a verb of elbo; did you mean 'run'?\n");
}

TEST_F(Messages, RunWithoutAFile) {
  const Said said = elbo("run");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo run: no experiment file; expected elbo run FILE\n");
}

TEST_F(Messages, RunWithAMissingFile) {
  const Said said = elbo("run nowhere.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo: nowhere.toml: cannot be read: No such file or directory\n");
}

TEST_F(Messages, UnknownOption) {
  const Said said = elbo("run --jbos 3 x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo run: unrecognised option '--jbos'; see elbo run --help\n");
}

TEST_F(Messages, NoWorkersAtAll) {
  write("x.toml", tiny);
  const Said said = elbo("run --jobs 0 x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo run: --jobs 0: out of range; expected 1 or more\n");
}

TEST_F(Messages, HelpOfRun) {
  const Said said = elbo("run --help");
  EXPECT_EQ(said.code, 0);
  for (const char* option : {"--out DIR", "--jobs N", "--set KEY=VALUE"})
    EXPECT_TRUE(has(said.out, option)) << option;
}

}  // namespace elbo
