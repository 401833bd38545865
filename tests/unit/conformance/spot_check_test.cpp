#include "conformance/spot_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/tools.hpp"
#include "model/load_plugin.hpp"
#include "plugins/inspect.hpp"

namespace elbo::conformance {
namespace {
namespace fs = std::filesystem;

const fs::path shipped_folder = ELBO_BUILD_DIR "/lib/elbo/plugins",
               planted_folder = ELBO_BUILD_DIR "/tests/planted_faults";

PluginChoice choice_of_file(const fs::path& file) {
  const plugins::Found found = plugins::inspect(file, "", "");
  PluginChoice choice{found.kind, found.name, file, "", {}, {}};
  for (const Option& option : plugins::options_of_plugin(choice))
    choice.settings.push_back({option.name, option.fallback});
  return choice;
}

std::vector<fs::path> shipped_with_densities() {
  std::vector<fs::path> files;
  for (const char* kind : {"likelihood", "prior", "encoder"})
    for (const auto& entry : fs::directory_iterator(shipped_folder / kind))
      if (entry.path().extension() == ".so" && entry.path().stem() != "composite") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class ShippedPlugin : public testing::TestWithParam<fs::path> {};

TEST_P(ShippedPlugin, PassesTheSpotCheckWithEachValueOfItsOptions) {
  PluginChoice choice = choice_of_file(GetParam());
  const SpotCheck by_default = spot_check(choice);
  EXPECT_EQ(by_default.outcome, "yes") << by_default.finding;
  for (const Trial& trial : option_trials(choice)) {
    choice.settings = trial.settings;
    const SpotCheck found = spot_check(choice);
    EXPECT_NE(found.outcome, "no") << trial.words << ": " << found.finding;
  }
}

INSTANTIATE_TEST_SUITE_P(spot_check, ShippedPlugin, testing::ValuesIn(shipped_with_densities()), [](const auto& info) {
  return info.param.parent_path().stem().string() + "_" + info.param.stem().string();
});

TEST(SpotCheck, ALikelihoodThatContainsOthersIsMadeOfOne) {
  PluginChoice composite = choice_of_file(shipped_folder / "likelihood/composite.so");
  composite.parts = {{"a", {"a"}, choice_of_file(shipped_folder / "likelihood/gaussian.so")}};
  EXPECT_EQ(spot_check(composite).outcome, "yes") << spot_check(composite).finding;
  composite.parts[0].choice = choice_of_file(planted_folder / "likelihood/fifty_nats.so");
  EXPECT_EQ(spot_check(composite).outcome, "no");
}

struct Wrong {
  const char *plugin, *says;
};

class SpotCheckOf : public testing::TestWithParam<Wrong> {};

TEST_P(SpotCheckOf, APluginThatDoesNotSumToOneIsFound) {
  const SpotCheck found = spot_check(choice_of_file(planted_folder / (std::string(GetParam().plugin) + ".so")));
  EXPECT_EQ(found.outcome, "no");
  EXPECT_NE(found.finding.find(GetParam().says), std::string::npos) << found.finding;
}

INSTANTIATE_TEST_SUITE_P(planted_folder, SpotCheckOf,
                         testing::Values(Wrong{"likelihood/fifty_nats", "its density integrates to e^50; expected 1"},
                                         Wrong{"likelihood/no_normaliser",
                                               "its density integrates to 2.50663; expected 1"},
                                         Wrong{"likelihood/open_tails", "sum to"},
                                         Wrong{"likelihood/averages", "is the average of those of its parts"},
                                         Wrong{"likelihood/masses_with_gaps", "its interval masses sum to"},
                                         Wrong{"encoder/narrow_draws", "near their mean there are 2."},
                                         Wrong{"encoder/two_densities", "against what came with the draw"},
                                         Wrong{"prior/not_the_kl", "its KL in closed form is"},
                                         Wrong{"likelihood/fifty_in_float32", "in float32 and"}),
                         [](const auto& info) {
                           return std::string(info.param.plugin).substr(std::string(info.param.plugin).find('/') + 1);
                         });

TEST(SpotCheck, ADecoderHasNoDensity) {
  PluginChoice choice = choice_of_file(planted_folder / "likelihood/fifty_nats.so");
  choice.kind = "decoder";
  EXPECT_EQ(spot_check(choice).outcome, "");
}

}  // namespace
}  // namespace elbo::conformance
