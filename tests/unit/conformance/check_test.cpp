// `elbo plugins check` on plugins with one planted fault each: it must be caught, by the property meant for it.
#include <nlohmann/json.hpp>

#include "cli/program.hpp"

namespace elbo::host {
namespace {

struct Fault {
  std::string plugin, property;
  std::string says;  // part of the sentence
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.plugin; }

std::string file_of(const std::string& plugin) {
  return std::string(ELBO_BUILD_DIR "/tests/planted_faults/") + plugin + ".so";
}

class PlantedFaults : public Program, public testing::WithParamInterface<Fault> {};

const Fault faults[] = {
    {"likelihood/averages", "sums over the values of x", "is the average of those of its parts"},
    {"likelihood/no_normaliser", "normalisation", "the density integrates to 2.5066283; expected 1"},
    {"likelihood/wrong_sign", "normalisation", "the density integrates to"},
    {"likelihood/open_tails", "normalisation", "the probabilities of all values add up to"},
    {"likelihood/cancels_in_float32", "float32 agrees with float64", "in float32 and"},
    {"likelihood/other_draws", "samples follow log_prob", "log_prob expects"},
    {"likelihood/wrong_gradient", "gradients", "its central difference is"},
    {"likelihood/nan_at_50", "finite at extreme parameters", "log_prob is nan; expected a finite number"},
    {"likelihood/accepts_anything", "-inf outside the support", "x = 0.5, which binary excludes, has log_prob"},
    {"likelihood/looks_at_the_batch", "each data point on its own", "not alone"},
    {"likelihood/own_noise", "samples from the given generator", "the generator in one state differ"},
    {"likelihood/wrong_shape", "shapes", "log_prob returned [1]; expected [1, 1]"},
    {"likelihood/masses_with_gaps", "interval masses", "add up to"},
    {"likelihood/changes_x", "leaves its inputs as they are", "log_prob changes x in place"},
    {"likelihood/hides_its_total", "what is given", "declares that nothing is given, and the probabilities"},
    {"likelihood/claims_a_total", "what is given", "declares that the total is given, and the probabilities"},
    {"likelihood/crashes", "shapes", "crashed with signal 11"},
    {"prior/not_the_kl", "KL in closed form", "standard errors"},
    {"prior/rounded_constant", "quadrature", "for L = 1 the density integrates to 1.00"},
    {"encoder/deaf_encoder", "gradients", "log_scale of diagonal_normal() has no gradient"},
    {"encoder/two_densities", "mean, log_prob and family agree", "against what came with the sample"},
    {"decoder/mixes_the_batch", "each data point on its own", "not alone"},
};

TEST_P(PlantedFaults, are_caught_by_the_property_meant_for_them) {
  const Said said =
      elbo("plugins check '" + file_of(GetParam().plugin) + "' --json --only '" + GetParam().property + "'");
  ASSERT_EQ(said.code, 1) << said.out << said.err;
  const auto report = nlohmann::json::parse(said.out);
  for (const auto& property : report["properties"])
    EXPECT_EQ(property["outcome"] == "failed", property["name"] == GetParam().property) << property;
  const std::string sentence = report["properties"].back()["detail"];
  EXPECT_TRUE(has(report.dump(), GetParam().says)) << sentence;
}

INSTANTIATE_TEST_SUITE_P(conformance, PlantedFaults, testing::ValuesIn(faults),
                         [](const auto& info) { return info.param.plugin.substr(info.param.plugin.find('/') + 1); });

using PluginsCheck = Program;

TEST_F(PluginsCheck, passes_what_is_sound) {
  const Said said = elbo("plugins check '" + file_of("likelihood/sound") + "'");
  EXPECT_EQ(said.code, 0) << said.out;
  EXPECT_TRUE(has(said.out, "  passed   normalisation\n")) << said.out;
  EXPECT_TRUE(has(said.out, ", 0 failed, ")) << said.out;
}

TEST_F(PluginsCheck, says_what_is_wrong_in_one_line) {
  const Said said =
      elbo("plugins check '" + file_of("likelihood/accepts_anything") + "' --only '-inf outside the support'");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "  FAILED   -inf outside the support  x = 0.5, which binary excludes, has log_prob"))
      << said.out;
  EXPECT_TRUE(has(said.out, "2 passed, 1 failed, 0 skipped\n")) << said.out;
}

TEST_F(PluginsCheck, checks_with_the_options_given) {
  const Said said = elbo("plugins check likelihood:gaussian --set scale=per_pixel --only gradients --json");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_EQ(nlohmann::json::parse(said.out)["set"]["scale"], "per_pixel");
}

// A result for each property, whatever the plugin does to the process that checks it.
TEST_F(PluginsCheck, fails_when_the_process_ends_before_every_property_is_known) {
  for (const char* fault :
       {"exits", "exits_at_once", "closes_descriptors", "redirects_descriptors", "goes_on_as_another"}) {
    const Said said =
        elbo("plugins check '" + file_of("encoder/wrong_encoder") + "' --json --only gradients --set fault=" + fault);
    EXPECT_EQ(said.code, 1) << fault << said.out << said.err;
    const auto report = nlohmann::json::parse(said.out);
    EXPECT_EQ(report["passed"], 1) << fault << report;
    EXPECT_EQ(report["properties"][1]["outcome"], "failed") << fault;
    EXPECT_TRUE(has(report["properties"][1]["detail"], "before its result was known")) << fault << report;
    EXPECT_EQ(report["properties"][2]["name"], "gradients");
    EXPECT_EQ(report["properties"][2]["outcome"], "skipped") << fault;
  }
}

TEST_F(PluginsCheck, fails_when_the_process_ends_as_the_plugin_is_loaded) {
  const Said said = elbo("plugins check '" + file_of("encoder/exits_at_load") + "'");
  EXPECT_EQ(said.code, 1) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "  FAILED   made with its options")) << said.out;
  EXPECT_TRUE(has(said.out, "ended the process with code 0")) << said.out;
  EXPECT_TRUE(has(said.out, "\n0 passed, 1 failed, ")) << said.out;
}

TEST_F(PluginsCheck, takes_results_from_one_process) {
  const Said said = elbo("plugins check '" + file_of("encoder/wrong_encoder") + "' --only shapes --set fault=forks");
  EXPECT_EQ(said.code, 1) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "a plugin must not fork")) << said.out;
}

TEST_F(PluginsCheck, is_not_misled_by_what_a_plugin_prints) {
  const Said said = elbo("plugins check '" + file_of("encoder/wrong_encoder") + "' --only shapes --set fault=prints");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "\n2 passed, 0 failed, 0 skipped\n")) << said.out;
}

TEST_F(PluginsCheck, takes_a_refused_combination_of_options_for_no_failure) {
  const Said said = elbo("plugins check '" + file_of("encoder/sound_encoder") + "' --only 'every option'");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
}

TEST_F(PluginsCheck, refuses_what_there_is_not) {
  EXPECT_EQ(elbo("plugins check likelihood:gaussian --only gradient").err,
            "elbo plugins check: no property of a likelihood is named 'gradient'; did you mean 'gradients'?\n");
  const Said option = elbo("plugins check likelihood:gaussian --set scal=shared");
  EXPECT_EQ(option.code, 2);
  EXPECT_TRUE(has(option.err, "scal")) << option.err;
  EXPECT_EQ(elbo("plugins list --only gradients").code, 2);
  EXPECT_EQ(elbo("plugins check").code, 2);
}

}  // namespace
}  // namespace elbo::host
