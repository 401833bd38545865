#include "model/load_plugin.hpp"

#include <elbo/model.hpp>

#include "unit/plugins/files.hpp"

namespace elbo::host::plugins {
namespace {

PluginChoice choice(const std::string& name) {
  PluginChoice choice;
  choice.kind = "likelihood";
  choice.name = name;
  choice.path = broken_plugin(name);
  return choice;
}

Context context() {
  Context context;
  context.observation.shape = {2, 3};
  return context;
}

std::string refusal(const std::string& name) {
  return sentence([&] { make_plugin<Likelihood>(choice(name), context()); });
}

TEST(Library, MakesAPlugin) {
  const auto sound = make_plugin<Likelihood>(choice("sound"), context());
  EXPECT_EQ(sound->label(), "likelihood:sound");
  EXPECT_EQ(sound->params()[1].shape, (Shape{256, 2, 3}));
  EXPECT_EQ(options_of_plugin(choice("sound")).at(0).name, "dof");
  EXPECT_EQ(&load_plugin(broken_plugin("sound"), "likelihood", "sound"),
            &load_plugin(broken_plugin("sound"), "likelihood", "sound"));
}

TEST(Library, WhatTheLoaderRefuses) {
  EXPECT_EQ(refusal("missing_library"), prefix("missing_library") +
                                            "needs libelbo_absent.so, which is not installed or not on the "
                                            "library path; install it or set LD_LIBRARY_PATH");
  EXPECT_EQ(refusal("missing_symbol"), prefix("missing_symbol") +
                                           "needs elsewhere::undefined_function(char const*, double), which no "
                                           "loaded library has; link the library that has it, or rebuild the "
                                           "plugin with this SDK");
}

TEST(Library, TablesThatDoNotFitTheirCard) {
  EXPECT_EQ(
      refusal("no_table"),
      prefix("no_table") + "has a card but no table 'elbo_plugin'; register its class with the macro of its kind");
  EXPECT_EQ(refusal("other_table"),
            prefix("other_table") + "its table and its card differ; register its class with the macro of its kind");
}

TEST(Library, WhatPluginsThrow) {
  EXPECT_EQ(refusal("throws"),
            prefix("throws") + "its constructor failed: dof must be above 2 (got 1.5) a second line");
  EXPECT_EQ(refusal("throws_int"),
            prefix("throws_int") + "its constructor threw something that is not a std::exception");
}

TEST(Library, ClassesOfAnotherKind) {
  EXPECT_EQ(refusal("not_of_its_kind"), prefix("not_of_its_kind") +
                                            "its class is not derived from that of its kind, likelihood; "
                                            "register it with the macro of its kind");
}

// The loader maps a truncated file and dies of SIGBUS; the card is read first, here too.
TEST(Library, TruncatedFilesNeverReachTheLoader) {
  const Folder folder;
  PluginChoice half = choice("sound");
  const std::string whole = content(half.path);
  for (const size_t length : {whole.size() / 5, whole.size() / 2, whole.size() - 100}) {
    half.path = write(folder / "sound.so", whole.substr(0, length));
    const std::string said = sentence([&] { make_plugin<Likelihood>(half, context()); });
    EXPECT_NE(said.find("the file ends at byte " + std::to_string(length) + " but its "), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace elbo::host::plugins
