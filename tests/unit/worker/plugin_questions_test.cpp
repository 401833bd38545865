#include "worker/verbs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "unit/launch/scratch_folder.hpp"
#include "worker/assemble.hpp"

namespace elbo::host::worker {
namespace {

const std::string gaussian = ELBO_BUILD_DIR "/lib/elbo/plugins/likelihood/gaussian.so";

TEST(PluginChoice, TakesKindAndNameFromTheFile) {
  const PluginChoice choice = choice_of_file(gaussian, R"({"scale": "shared"})");
  EXPECT_EQ(choice.kind + ":" + choice.name, "likelihood:gaussian");
  const auto scale = std::find_if(choice.settings.begin(), choice.settings.end(),
                                  [](const Setting& setting) { return setting.name == "scale"; });
  ASSERT_NE(scale, choice.settings.end());
  EXPECT_EQ(std::get<std::string>(scale->value), "shared");
}

TEST(PluginChoice, AFileThatIsNoPluginIsRefused) {
  EXPECT_THROW(choice_of_file(ELBO_SOURCE_DIR "/README.md", R"({"scale": "shared"})"), UserError);
}

TEST(LoadTrained, AFolderWithoutARunIsRefused) {
  const ScratchFolder folder;
  EXPECT_THROW(load_trained(folder.path), Error);
}

}  // namespace
}  // namespace elbo::host::worker
