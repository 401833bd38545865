#include "conformance/spot_check.hpp"

#include <gtest/gtest.h>

#include "conformance/tools.hpp"
#include "plugins/inspect.hpp"
#include "plugins/library.hpp"

namespace elbo::conformance {
namespace {
namespace fs = std::filesystem;

const fs::path shipped = ELBO_BUILD_DIR "/lib/elbo/plugins", planted = ELBO_BUILD_DIR "/tests/planted_faults";

PluginChoice choice_of_file(const fs::path& file) {
  const plugins::Found found = plugins::inspect(file, "", "");
  PluginChoice choice{found.kind, found.name, file, "", {}, {}};
  for (const Option& option : plugins::options_of_plugin(choice)) choice.settings.push_back({option.name, option.fallback});
  return choice;
}

std::vector<fs::path> libraries_of(const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(shipped / kind))
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  return files;
}

TEST(SpotCheck, EveryShippedPluginPassesWithEachValueOfItsOptions) {
  for (const char* kind : {"likelihood", "prior", "encoder"})
    for (const fs::path& file : libraries_of(kind)) {
      PluginChoice choice = choice_of_file(file);
      if (plugins::contains_likelihoods(choice)) continue;
      EXPECT_EQ(spot_check(choice).outcome, "yes") << file << ": " << spot_check(choice).finding;
      for (const Trial& trial : option_trials(choice)) {
        choice.settings = trial.settings;
        const SpotCheck found = spot_check(choice);
        EXPECT_NE(found.outcome, "no") << file << " with " << trial.words << ": " << found.finding;
      }
    }
}

TEST(SpotCheck, ALikelihoodThatContainsOthersIsMadeOfOne) {
  PluginChoice composite = choice_of_file(shipped / "likelihood/composite.so");
  composite.parts = {{"a", {"a"}, choice_of_file(shipped / "likelihood/gaussian.so")}};
  EXPECT_EQ(spot_check(composite).outcome, "yes") << spot_check(composite).finding;
  composite.parts[0].choice = choice_of_file(planted / "likelihood/fifty_nats.so");
  EXPECT_EQ(spot_check(composite).outcome, "no");
}

struct Wrong {
  const char *plugin, *says;
};

class SpotCheckOf : public testing::TestWithParam<Wrong> {};

TEST_P(SpotCheckOf, APluginThatDoesNotSumToOneIsFound) {
  const SpotCheck found = spot_check(choice_of_file(planted / (std::string(GetParam().plugin) + ".so")));
  EXPECT_EQ(found.outcome, "no");
  EXPECT_NE(found.finding.find(GetParam().says), std::string::npos) << found.finding;
}

INSTANTIATE_TEST_SUITE_P(planted, SpotCheckOf,
                         testing::Values(Wrong{"likelihood/fifty_nats", "its density integrates to e^50; expected 1"},
                                         Wrong{"likelihood/no_normaliser", "its density integrates to 2.50663; expected 1"},
                                         Wrong{"likelihood/open_tails", "sum to"}, Wrong{"likelihood/averages", "is the average of those of its halves"},
                                         Wrong{"likelihood/masses_with_gaps", "its interval masses sum to"},
                                         Wrong{"encoder/narrow_draws", "near their mean there are 2."}),
                         [](const auto& info) { return std::string(info.param.plugin).substr(std::string(info.param.plugin).find('/') + 1); });

TEST(SpotCheck, ADecoderHasNoDensity) {
  PluginChoice choice = choice_of_file(planted / "likelihood/fifty_nats.so");
  choice.kind = "decoder";
  EXPECT_EQ(spot_check(choice).outcome, "");
}

}  // namespace
}  // namespace elbo::conformance
