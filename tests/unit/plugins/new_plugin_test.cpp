#include "plugins/new_plugin.hpp"

#include "plugins/registry.hpp"
#include "unit/plugins/files.hpp"

namespace elbo::host::plugins {
namespace {

const fs::path templates = fs::path(ELBO_SOURCE_DIR) / "templates";

struct NewPluginTest : testing::Test {
  Folder folder;

  std::string refusal(const std::string& kind, const std::string& name, const fs::path& into) {
    return sentence([&] { write_new_plugin({kind, name, into}, templates, "/opt/elbo"); });
  }
};

TEST_F(NewPluginTest, EveryKindHasItsFilesWithTheNewName) {
  for (const std::string& kind : kinds) {
    const fs::path made = folder / kind;
    write_new_plugin({kind, "skew_2", made}, templates, "/opt/elbo");
    for (const char* file : {"CMakeLists.txt", "CMakePresets.json", "README.md", ".gitignore", "compare.toml"})
      EXPECT_TRUE(fs::exists(made / file)) << kind << " " << file;
    EXPECT_NE(content(made / "skew_2.cpp").find("class Skew2 final : public elbo::"), std::string::npos);
    EXPECT_NE(content(made / "CMakeLists.txt").find("elbo_add_plugin(" + kind + " skew_2 SOURCES skew_2.cpp)"),
              std::string::npos);
    EXPECT_NE(content(made / "CMakeLists.txt").find("HINTS \"/opt/elbo\""), std::string::npos);
    for (const auto& entry : fs::directory_iterator(made))
      for (const char* word : {"my_plugin", "MyPlugin", "PLUGIN_KIND", "ELBO_PREFIX"})
        EXPECT_EQ(content(entry.path()).find(word), std::string::npos) << entry.path() << " " << word;
  }
}

TEST_F(NewPluginTest, WhatIsRefusedLeavesNothingBehind) {
  EXPECT_EQ(refusal("likelyhood", "skew", folder / "x"),
            "likelyhood:skew: 'likelyhood' is not a kind of plugin; did you mean 'likelihood'?");
  for (const std::string name : {"", "2d", "Skew", "my-noise", "my noise", "../x", "_x", "sk\xc3\xa9w"})
    EXPECT_EQ(refusal("prior", name, folder / "x"),
              "prior:" + name + ": the name is '" + name +
                  "'; expected lower-case letters, digits and _, the first a letter; choose such a name");
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST_F(NewPluginTest, ANameOfATypeThatItsCodeUsesIsRefused) {
  const auto expect_refused = [&](const std::string& kind, const std::string& name, const std::string& type) {
    EXPECT_EQ(refusal(kind, name, folder / "x"), kind + ":" + name + ": its class would be called " + type +
                                                     ", as a type that its code uses; choose another name");
  };
  for (const std::string& kind : kinds)
    for (const auto& [name, type] : {std::pair("config", "Config"), {"tensor", "Tensor"}})
      expect_refused(kind, name, type);
  expect_refused("likelihood", "theta", "Theta");
  expect_refused("encoder", "linear", "Linear");
  EXPECT_FALSE(fs::exists(folder / "x"));
  for (const std::string name : {"thet", "logistic", "tensor_train", "linear"})
    write_new_plugin({"likelihood", name, folder / name}, templates, "/opt/elbo");
}

TEST_F(NewPluginTest, NothingThatIsThereIsTouched) {
  const auto refused = [&](const fs::path& into) {
    EXPECT_EQ(refusal("prior", "skew", into),
              into.string() + ": is there already; expected a folder to be made; name another one");
  };
  fs::create_directory(folder / "empty");
  refused(folder / "empty");
  refused(write(folder / "file", "mine"));
  fs::create_symlink(folder / "absent", folder / "link");
  refused(folder / "link");
  EXPECT_EQ(content(folder / "file"), "mine");
  EXPECT_EQ(refusal("prior", "skew", folder / "file/below"),
            (folder / "file/below").string() + ": cannot be made: Not a directory; name another folder");
}

}  // namespace
}  // namespace elbo::host::plugins
