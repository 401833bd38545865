// All broken plugins at once, in the folder that the program searches: each is named, none ends the program.
#include <map>

#include <elbo/abi.hpp>

#include "cli/program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

const fs::path built = fs::path(ELBO_BROKEN_PLUGINS) / "likelihood";

class BrokenPlugins : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    ::setenv("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0", 1);
    ::setenv("ELBO_CACHE", (scratch.path / "cache").c_str(), 1);
    for (const auto& library : fs::directory_iterator(built))
      if (library.path().extension() == ".so") fs::create_symlink(library.path(), folder() / library.path().filename());
    fs::create_directories(folder("second"));
    for (const char* place : {"first", "second"}) fs::copy_file(built / "sound.so", folder(place) / "twice.so");
    write("first/likelihood/empty.so", "");
    write("first/likelihood/text.so", "#!/bin/sh\n");
    write("first/likelihood/half.so", read_file(built / "sound.so").substr(0, 9000));
    fs::create_directory(folder() / "directory.so");
    ::setenv("ELBO_PLUGIN_PATH", ((scratch.path / "first").string() + ":" + (scratch.path / "second").string()).c_str(),
             1);
  }
  void TearDown() override {
    ::unsetenv("ELBO_PLUGIN_PATH");
    ::unsetenv("ELBO_CACHE");
  }

  fs::path folder(const std::string& place = "first") const {
    fs::create_directories(scratch.path / place / "likelihood");
    return scratch.path / place / "likelihood";
  }
  std::string label(const std::string& name) const {
    return "likelihood:" + name + " (" + (folder() / (name + ".so")).string() + "): ";
  }

  /// What a card tells, and what only loading and asking does.
  const std::map<std::string, std::string> unread = {
      {"no_card",
       "is a shared library without a plugin card; register its class with ELBO_LIKELIHOOD or the macro of its kind"},
      {"damaged_card", "its plugin card is damaged; build it again"},
      {"wrong_abi", "built for plugin ABI 999, this program uses " + std::to_string(ELBO_ABI) +
                        "; rebuild the plugin with this SDK"},
      {"wrong_name",
       "its card says likelihood:right_name; expected likelihood:wrong_name; rename the file or the plugin"},
      {"wrong_kind", "its card says prior:wrong_kind; expected likelihood:wrong_kind; rename the file or the plugin"},
      {"empty", "the file is empty; copy or build it again"},
      {"text", "is not a shared library (no ELF header); build the plugin with elbo_add_plugin"},
      {"directory", "is a folder; expected a shared library"}};
  const std::map<std::string, std::string> unasked = {
      {"missing_library",
       "needs libelbo_absent.so, which is not installed or not on the library path; install it or set LD_LIBRARY_PATH"},
      {"missing_symbol",
       "needs elsewhere::undefined_function(char const*, double), which no loaded library has; link the library that "
       "has "
       "it, or rebuild the plugin with this SDK"},
      {"throws", "its constructor failed: dof must be above 2 (got 1.5) a second line"},
      {"wrong_default",
       "its option 'dof' has the default 4.0; expected a number from 10 to 20; correct the default or the range"},
      {"throws_int", "its constructor threw something that is not a std::exception"},
      {"crashes_at_load",
       "crashed with signal 11 (Segmentation fault) while being probed; correct the plugin or remove it"},
      {"exits",
       "ended the process with code 3 while being probed (no licence found); correct the plugin or remove it"}};
};

TEST_F(BrokenPlugins, AreListedWithTheirSentences) {
  const Said said = elbo("plugins list");
  EXPECT_EQ(said.code, 0) << said.err;
  for (const auto& [name, sentence] : unread)
    EXPECT_TRUE(has(said.out, label(name) + sentence + "\n")) << name << "\n" << said.out;
  EXPECT_TRUE(has(said.out, label("half") + "the file ends at byte 9000 but its program needs "));
  EXPECT_TRUE(has(said.out, "likelihood:twice is offered by two files, " + (folder() / "twice.so").string() + " and " +
                                (folder("second") / "twice.so").string() +
                                "; set path = \"...\" in [likelihood] to choose one\n"))
      << said.out;
  EXPECT_TRUE(has(said.out, "likelihood  sound"));
}

TEST_F(BrokenPlugins, AreRefusedInAnExperimentWithItsLine) {
  for (const auto& faults : {unread, unasked})
    for (const auto& [name, sentence] : faults) {
      write("x.toml", tiny);
      const Said said = elbo("run x.toml --set likelihood.plugin=" + name);
      EXPECT_EQ(said.code, 2) << name << said.out;
      EXPECT_TRUE(has(said.err, label(name) + sentence)) << name << "\n" << said.err;
      EXPECT_FALSE(exists("runs"));
    }
}

TEST_F(BrokenPlugins, TakeNothingFromTheSchema) {
  const Said said = elbo("schema");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "\"const\": \"gaussian\"")) << said.out.substr(0, 500);
  EXPECT_TRUE(has(said.out, "\"const\": \"sound\""));
  EXPECT_FALSE(has(said.out, "\"const\": \"throws\""));
}

}  // namespace
}  // namespace elbo::host
