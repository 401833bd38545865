#include "conformance/spot_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/tools.hpp"
#include "model/load_plugin.hpp"
#include "plugins/card.hpp"

namespace elbo::host::conformance {
namespace {
namespace fs = std::filesystem;

const fs::path shipped_folder = ELBO_BUILD_DIR "/lib/elbo/plugins",
               planted_folder = ELBO_BUILD_DIR "/tests/planted_faults";

const RunSize small{{3}, 2}, small_image{{1, 28, 28}, 2}, run{{16}, 20};

PluginChoice choice_of_file(const fs::path& file) {
  const plugins::FoundPlugin found = plugins::inspect(file, "", "");
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
  const RunSize& size = choice.kind == "encoder" ? small_image : small;
  const SpotCheck by_default = spot_check(choice, size);
  EXPECT_EQ(by_default.outcome, "yes") << by_default.finding;
  for (const Trial& trial : option_trials(choice)) {
    choice.settings = trial.settings;
    const SpotCheck found = spot_check(choice, size);
    EXPECT_NE(found.outcome, "no") << trial.words << ": " << found.finding;
  }
}

INSTANTIATE_TEST_SUITE_P(spot_check, ShippedPlugin, testing::ValuesIn(shipped_with_densities()), [](const auto& info) {
  return info.param.parent_path().stem().string() + "_" + info.param.stem().string();
});

TEST(SpotCheck, ALikelihoodThatContainsOthersIsMadeOfOne) {
  PluginChoice composite = choice_of_file(shipped_folder / "likelihood/composite.so");
  composite.parts = {{"a", {"a"}, choice_of_file(shipped_folder / "likelihood/gaussian.so")}};
  EXPECT_EQ(spot_check(composite, small).outcome, "yes") << spot_check(composite, small).finding;
  composite.parts[0].choice = choice_of_file(planted_folder / "likelihood/fifty_nats.so");
  EXPECT_EQ(spot_check(composite, small).outcome, "no");
}

struct Wrong {
  const char *plugin, *says;
};

class SpotCheckOf : public testing::TestWithParam<Wrong> {};

TEST_P(SpotCheckOf, APluginThatDoesNotSumToOneIsFound) {
  const SpotCheck found = spot_check(choice_of_file(planted_folder / (std::string(GetParam().plugin) + ".so")), small);
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
                                         Wrong{"encoder/two_densities", "against what came with the sample"},
                                         Wrong{"prior/not_the_kl", "its KL in closed form is"},
                                         Wrong{"likelihood/fifty_in_float32", "in float32 and"}),
                         [](const auto& info) {
                           return std::string(info.param.plugin).substr(std::string(info.param.plugin).find('/') + 1);
                         });

TEST_P(ShippedPlugin, PassesTheSpotCheckAtTheSizeOfARun) {
  for (const RunSize& size : {RunSize{{16}, 20}, RunSize{{1, 28, 28}, 64}}) {
    const SpotCheck found = spot_check(choice_of_file(GetParam()), size);
    EXPECT_NE(found.outcome, "no") << size.latent_dim << " latents: " << found.finding;
  }
}

/// A planted fault that shows in many dimensions only.
SpotCheck found_with(const fs::path& file, const Setting& fault, const RunSize& size) {
  PluginChoice choice = choice_of_file(planted_folder / file);
  for (Setting& setting : choice.settings)
    if (setting.name == fault.name) setting.value = fault.value;
  return spot_check(choice, size);
}

TEST(SpotCheck, IsMadeAtTheSizeOfTheRun) {
  const std::tuple<const char*, Setting, const char*> faults[] = {
      {"encoder/narrow_draws.so", {"beyond", int64_t{12}}, "its samples do not follow"},
      {"prior/faulty_prior.so", {"fault", std::string("heavy_beyond_12")}, "its density integrates to"},
      {"prior/faulty_prior.so", {"fault", std::string("light_kl_beyond_12")}, "its KL in closed form is"},
      {"likelihood/faulty_normal.so", {"fault", std::string("neighbours_beyond_12")}, "for x of shape [16]"}};
  for (const auto& [file, fault, says] : faults) {
    EXPECT_EQ(found_with(file, fault, small).outcome, "yes") << found_with(file, fault, small).finding;
    const SpotCheck found = found_with(file, fault, run);
    EXPECT_EQ(found.outcome, "no") << file;
    EXPECT_NE(found.finding.find(says), std::string::npos) << found.finding;
  }
}

TEST(SpotCheck, HeavyTailsAndDependentLatentsAreNotAccused) {
  for (const char* file : {"prior/cauchy_prior.so", "prior/chain_prior.so"})
    EXPECT_NE(spot_check(choice_of_file(planted_folder / file), run).outcome, "no") << file;
}

TEST(SpotCheck, ADecoderHasNoDensity) {
  PluginChoice choice = choice_of_file(planted_folder / "likelihood/fifty_nats.so");
  choice.kind = "decoder";
  EXPECT_EQ(spot_check(choice, small).outcome, "");
}

}  // namespace
}  // namespace elbo::host::conformance
