#include "plugins/registry.hpp"

#include <elbo/abi.hpp>

#include <algorithm>

#include "plugins/card.hpp"
#include "unit/plugins/files.hpp"

namespace elbo::host::plugins {
namespace {

struct RegistryTest : testing::Test {
  Folder a, b;
  fs::path sound = broken_plugin("sound");

  RegistryTest() {
    fs::create_directories(a / "likelihood");
    fs::create_directories(b / "likelihood");
  }
  std::string refusal(std::vector<fs::path> folders, const std::string& kind, const std::string& name,
                      const fs::path& path = {}) {
    return sentence([&] { Registry(std::move(folders)).find(kind, name, path); });
  }
};

TEST_F(RegistryTest, FindsWithoutRunningCode) {
  Registry registry({broken});
  const FoundPlugin& found = registry.find("likelihood", "sound");
  EXPECT_EQ(found.path, sound);
  EXPECT_EQ(found.summary, "a Gaussian of unit variance");
  // A card is all that is read: these two would end the process if they were loaded.
  EXPECT_EQ(registry.find("likelihood", "crashes_at_load").fault, "");
  EXPECT_EQ(registry.find("likelihood", "crashes_in_describe").fault, "");
  EXPECT_TRUE(
      std::is_sorted(registry.all().begin(), registry.all().end(), [](auto& x, auto& y) { return x.name < y.name; }));
}

TEST_F(RegistryTest, FoldersThatAreNotThereOfferNothing) {
  EXPECT_TRUE(Registry({a / "absent", a, broken / "likelihood/sound.so"}).all().empty());
}

TEST_F(RegistryTest, SaysWhichFoldersAreLaidOutInAnotherWay) {
  const auto fault = [](const fs::path& folder) {
    const auto faults = Registry({folder}).folder_faults();
    return faults.empty() ? std::string() : faults.front();
  };
  EXPECT_EQ(fault(broken), "");
  EXPECT_EQ(fault(a / ""), "");
  EXPECT_NE(fault(a / "absent").find("absent: there is no such folder; expected a folder with <kind>/<name>.so"),
            std::string::npos);
  EXPECT_NE(fault(sound).find("is a file"), std::string::npos);
  fs::create_directories(b / "build/lib/elbo/plugins/prior");
  EXPECT_NE(fault(b / "build").find("set ELBO_PLUGIN_PATH to " + (b / "build/lib/elbo/plugins").string()),
            std::string::npos)
      << fault(b / "build");
  // Libraries that lie beside the folders of the kinds, and a path that names one of these.
  fs::create_symlink(sound, b / "sound.so");
  EXPECT_NE(fault(b / "").find("sound.so lies in it directly"), std::string::npos) << fault(b / "");
  EXPECT_NE(fault(b / "").find("move sound.so to " + (b / "likelihood").string()), std::string::npos) << fault(b / "");
  EXPECT_NE(fault(broken / "likelihood").find("set ELBO_PLUGIN_PATH to " + broken.string()), std::string::npos);
  EXPECT_NE(refusal({a / "absent"}, "prior", "mine").find("there is no such folder"), std::string::npos);
}

TEST_F(RegistryTest, OneSentenceForEachFault) {
  const auto fault = [&](const std::string& name) { return refusal({broken}, "likelihood", name); };
  EXPECT_EQ(fault("no_card"), prefix("no_card") +
                                  "is a shared library without a plugin card; register its class with "
                                  "ELBO_LIKELIHOOD or the macro of its kind");
  EXPECT_EQ(fault("wrong_abi"), prefix("wrong_abi") + "built for plugin ABI 999, this program uses " +
                                    std::to_string(ELBO_ABI) + "; rebuild the plugin with this SDK");
  EXPECT_EQ(fault("other_torch"), prefix("other_torch") +
                                      "built for torch 99.4, this program uses torch " ELBO_TORCH_VERSION
                                      "; rebuild the plugin with this SDK");
  EXPECT_EQ(fault("other_cxx11abi"), prefix("other_cxx11abi") +
                                         "built with _GLIBCXX_USE_CXX11_ABI=7, this program with " +
                                         std::to_string(_GLIBCXX_USE_CXX11_ABI) + "; rebuild the plugin with this SDK");
  EXPECT_EQ(fault("wrong_name"), prefix("wrong_name") +
                                     "its card says likelihood:right_name; expected likelihood:wrong_name; "
                                     "rename the file or the plugin");
  EXPECT_EQ(fault("wrong_kind"), prefix("wrong_kind") +
                                     "its card says prior:wrong_kind; expected likelihood:wrong_kind; "
                                     "rename the file or the plugin");
}

TEST_F(RegistryTest, DamagedFilesAreListedWithTheirSentence) {
  write(a / "likelihood/half.so", content(sound).substr(0, 9000));
  fs::create_directory(a / "likelihood/folder.so");
  const Registry registry({a});
  ASSERT_EQ(registry.all().size(), 2u);
  EXPECT_EQ(registry.all()[0].fault, "likelihood:folder (" + (a / "likelihood/folder.so").string() +
                                         "): is a folder; expected a shared library");
  EXPECT_EQ(registry.all()[1].fault.find("likelihood:half (" + (a / "likelihood/half.so").string() +
                                         "): the file ends at byte 9000 but its "),
            0u);
}

TEST_F(RegistryTest, UnknownNamesGetTheNearest) {
  EXPECT_EQ(refusal({broken}, "likelihood", "soumd"),
            "likelihood:soumd: there is no such plugin in " + broken.string() + "; did you mean 'sound'?");
  EXPECT_EQ(refusal({a}, "likelihood", "sound"),
            "likelihood:sound: there is no such plugin in " + (a / "").parent_path().string() + "; there are none");
  EXPECT_EQ(refusal({broken}, "prior", "sound"),
            "prior:sound: 'sound' is a plugin of the kind likelihood, not prior; there are none");
  EXPECT_EQ(refusal({broken}, "likelyhood", "sound"),
            "likelyhood:sound: 'likelyhood' is not a kind of plugin; did you mean 'likelihood'?");
}

TEST_F(RegistryTest, OneNameInTwoFilesIsAnErrorAtUse) {
  fs::copy(sound, a / "likelihood/sound.so");
  fs::copy(sound, b / "likelihood/sound.so");
  const std::string first = (a / "likelihood/sound.so").string(), second = (b / "likelihood/sound.so").string();
  EXPECT_EQ(Registry({a, b}).all().size(), 2u);
  EXPECT_EQ(refusal({a, b}, "likelihood", "sound"), "likelihood:sound is offered by two files, " + first + " and " +
                                                        second + "; set path = \"...\" in [likelihood] to choose one");
  EXPECT_EQ(Registry({a, b}).find("likelihood", "sound", second).path, second);
}

TEST_F(RegistryTest, OneFileReachedTwiceIsOne) {
  fs::copy(sound, a / "likelihood/sound.so");
  fs::create_symlink(a / "likelihood/sound.so", b / "likelihood/sound.so");
  EXPECT_EQ(Registry({a, b, a, a / "../" / fs::path(a).filename()}).find("likelihood", "sound").path,
            a / "likelihood/sound.so");
}

TEST_F(RegistryTest, APathChoosesAFileAnywhere) {
  fs::copy(sound, a / "my_build.so");
  Registry registry({broken});
  EXPECT_EQ(registry.find("likelihood", "sound", a / "my_build.so").path, a / "my_build.so");
  const FoundPlugin& kept = registry.find("", "", a / "my_build.so");
  for (int i = 0; i < 100; ++i) registry.find("", "", a / "my_build.so");
  EXPECT_EQ(kept.kind + ":" + kept.name, "likelihood:sound");
  EXPECT_EQ(refusal({}, "prior", "sound", a / "my_build.so"),
            "prior:sound (" + (a / "my_build.so").string() +
                "): its card says likelihood:sound; expected prior:sound; "
                "rename the file or the plugin");
  EXPECT_EQ(refusal({}, "prior", "sound", a / "absent.so"),
            "prior:sound (" + (a / "absent.so").string() + "): does not exist; build the plugin or correct the path");
}

TEST_F(RegistryTest, TextOfStrangersIsMadePrintable) {
  std::string bytes = content(sound);
  bytes.replace(bytes.find("summary=a Gaussian") + 8, 6, "\x1b[31m\xff");
  EXPECT_EQ(inspect(write(a / "likelihood/sound.so", bytes), "", "").summary,
            " [31m\xef\xbf\xbd"
            "sian of unit variance");
}

}  // namespace
}  // namespace elbo::host::plugins
