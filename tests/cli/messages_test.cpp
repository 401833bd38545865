// Every mistake: one sentence, exit code 2, nothing half-written.
#include "program.hpp"

namespace elbo::host {

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
  for (const char* name : {"libtorch", "compiler", "Boost", "HDF5", "fmt", "toml++", "nlohmann-json", "zlib", "libpng"})
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

namespace {

/// The mistakes of an experiment file: `from` in the tiny one replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = tiny;
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_F(Messages, UnknownKey) {
  write("x.toml", changed("max_epochs", "max_epoch"));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo: x.toml:7:11: unknown key 'max_epoch' in [train]; did you mean 'max_epochs'?\n");
  expect_nothing_written();
}

TEST_F(Messages, WrongType) {
  write("x.toml", changed("max_epochs = 1", "max_epochs = \"one\""));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(said.err.starts_with("elbo: x.toml:7:24: train.max_epochs is \"one\", a string; expected an integer"))
      << said.err;
  expect_nothing_written();
}

TEST_F(Messages, UnknownPlugin) {
  write("x.toml", changed("bernoulli", "bernouli"));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err, "elbo: x.toml:6:25: likelihood:bernouli: there is no such plugin in " ELBO_BUILD_DIR
                      "/lib/elbo/plugins; did you mean 'bernoulli'?\n");
  expect_nothing_written();
}

TEST_F(Messages, PluginOfAnotherKind) {
  write("x.toml", changed("bernoulli", "mlp"));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "x.toml:6:25: likelihood:mlp: 'mlp' is a plugin of the kind encoder, not likelihood"))
      << said.err;
  expect_nothing_written();
}

TEST_F(Messages, NoLatentDimension) {
  write("x.toml", changed("latent_dim = 2", "latent_dim = 0"));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(said.err.starts_with("elbo: x.toml:1:14: latent_dim is 0; expected an integer from 1 to 1000000"))
      << said.err;
  EXPECT_EQ(elbo("run x.toml --set latent_dim=-1").code, 2);
  expect_nothing_written();
}

TEST_F(Messages, MissingDataFile) {
  write("x.toml", changed("\"bars\"", "\"mnist\""));
  setenv("ELBO_DATA", (scratch.path / "data").c_str(), 1);
  const Said said = elbo("run x.toml");
  unsetenv("ELBO_DATA");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(said.err.starts_with("elbo: x.toml:2:20: mnist: train-images-idx3-ubyte is missing; expected it in "))
      << said.err;
  EXPECT_TRUE(has(said.err, "; to get it, run: elbo data fetch mnist")) << said.err;
  expect_nothing_written();
}

TEST_F(Messages, TwoVariantsOfOneName) {
  write("x.toml", tiny + "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"a\"\nlatent_dim = 3\n");
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err,
            "elbo: x.toml:12:8: a second variant named 'a' (the first: x.toml:10:8); expected a name of its own\n");
  expect_nothing_written();
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
  for (const char* option : {"--out DIR", "--jobs N", "--set KEY=VALUE"}) EXPECT_TRUE(has(said.out, option)) << option;
}

}  // namespace elbo::host
