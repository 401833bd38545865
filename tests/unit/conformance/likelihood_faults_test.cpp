// Likelihoods and priors that are wrong in one way each, most of them where a quick test does not look: each is caught by the
// property meant for it. And ones that are unusual and right.
#include <gtest/gtest.h>

#include "conformance/check.hpp"

namespace elbo::host::conformance {
namespace {

struct PlantedFault {
  std::string plugin, fault, property, says;
};

std::ostream& operator<<(std::ostream& out, const PlantedFault& planted) {
  return out << planted.plugin << " " << planted.fault;
}

std::vector<Result> results_of(const std::string& plugin, std::vector<Setting> settings, const std::string& only) {
  PluginChoice choice;
  choice.kind = plugin.substr(0, plugin.find('/'));
  choice.name = plugin.substr(plugin.find('/') + 1);
  choice.path = ELBO_BUILD_DIR "/tests/planted_faults/" + plugin + ".so";
  choice.settings = std::move(settings);
  std::vector<Result> results;
  check_plugin(choice, only, [&](const Result& result) { results.push_back(result); });
  return results;
}

const PlantedFault planted_faults[] = {
    {"likelihood/faulty_normal", "ignores_a_value", "every value and parameter counts", "does not depend on value 2"},
    {"likelihood/faulty_normal", "ignores_a_parameter", "every value and parameter counts", "log_scale at value"},
    {"likelihood/faulty_normal", "anothers_parameters", "every value and parameter counts",
     "raw loc at value 2, not at its own"},
    {"likelihood/faulty_normal", "swaps_channels", "every value and parameter counts", "not at its own"},
    {"likelihood/faulty_normal", "swaps_channels", "expected gradient is zero", "of x [3, 2, 2]"},
    {"likelihood/faulty_normal", "useless_parameter", "every value and parameter counts", "its parameter useless"},
    {"likelihood/faulty_normal", "averages_channels", "sums over the values of x", "of an x [3, 2, 2] is the average"},
    {"likelihood/faulty_normal", "turns_the_mean", "sums over the values of x", "the mean of part"},
    {"likelihood/faulty_normal", "deviation_for_variance", "sums over the values of x", "the variance of part"},
    {"likelihood/faulty_normal", "clamps_far_values", "outliers", "the tail does not fall"},
    {"likelihood/faulty_normal", "cuts_far_gradients", "outliers", "its central difference is"},
    {"likelihood/faulty_normal", "floor", "outliers", "the outlier"},
    {"likelihood/faulty_normal", "least_mass", "interval masses of the tails", "the log of the mass"},
    {"likelihood/faulty_normal", "upper_tail_cancels", "interval masses of the tails", "the log of the mass"},
    {"likelihood/faulty_normal", "light_tails", "interval masses of the tails", "the integral of exp(log_prob)"},
    {"likelihood/faulty_normal", "rounds_ends", "float32 agrees with float64", "interval_log_prob is"},
    {"likelihood/faulty_normal", "noise_floor", "samples follow log_prob", "log_prob expects"},
    {"likelihood/faulty_normal", "one_noise_for_all_channels", "samples follow log_prob",
     "of x [3, 2, 2] are drawn together"},
    {"likelihood/faulty_normal", "theta_in_place", "leaves its inputs as they are", "changes theta in place"},
    {"likelihood/faulty_normal", "unregistered_parameter", "stored state", "used but not registered"},
    {"likelihood/faulty_normal", "unregistered_layer", "shapes", "every layer with part() or add_module()"},
    {"likelihood/faulty_normal", "unregistered_buffer", "stored state", "with the stored state of another object"},
    {"likelihood/faulty_normal", "state_from_data", "stored state", "with the stored state of another object"},
    {"likelihood/faulty_normal", "two_names", "stored state", "registered under two names"},
    {"likelihood/faulty_normal", "averages_in_training", "training mode", "while it is being trained"},
    {"likelihood/faulty_normal", "static_option", "several objects at once", "factor = "},
    {"likelihood/faulty_normal", "first_block_only", "1000 data at once", "for data 328 to 583 among 1000"},
    {"likelihood/faulty_normal", "four_samples", "1000 data at once", "log_prob for samples"},
    {"likelihood/faulty_normal", "centres_large_batches", "1000 data at once", "not in a part of"},
    {"likelihood/faulty_normal", "50_to_500_data", "1000 data at once",
     "for data 36 to 99 among 1000, not in a part of 64"},
    {"likelihood/faulty_normal", "50_to_500_samples", "1000 data at once", "for samples 36 to 99 among 1000"},
    {"likelihood/faulty_normal", "pairs_of_columns", "every value and parameter counts", "value 2 of an x [1, 2, 3]"},
    {"likelihood/faulty_normal", "remembers_an_address", "each data point on its own",
     "of an x whose numbers have changed"},
    {"likelihood/faulty_normal", "detached_mean", "gradients", "mean: the gradient by the raw parameters"},
    {"likelihood/faulty_normal", "weak_in_float32", "float32 agrees with float64",
     "the gradient of log_prob by raw number"},
    {"likelihood/faulty_normal", "weak_parameter_in_float32", "float32 agrees with float64",
     "the gradient of log_prob by offset"},
    {"likelihood/faulty_normal", "reads_raw_memory", "1000 data at once", "not contiguous"},
    {"likelihood/faulty_normal", "scales_by_threads", "two threads", "on two threads"},
    {"likelihood/faulty_normal", "keeps_results", "memory of 1000 calls", "bytes more in use"},
    {"likelihood/faulty_counts", "stirling_of_large_counts", "normalisation", "add up"},
    {"likelihood/faulty_counts", "table_of_20", "normalisation", "add up"},
    {"likelihood/faulty_counts", "normal_draws", "samples follow log_prob", "log_prob expects"},
    {"likelihood/faulty_counts", "caps_draws", "samples follow log_prob", "log_prob expects"},
    {"prior/faulty_prior", "constant_of_8", "12 latents", "the density integrates to"},
    {"prior/faulty_prior", "wide_last_draws", "12 latents", "latent 11 is spread more widely"},
    {"prior/faulty_prior", "shifted_last_draws", "12 latents", "latent 11 is larger"},
    {"prior/faulty_prior", "ignores_a_latent", "every latent and parameter counts", "latent 11 of 12"},
    {"prior/faulty_prior", "useless_parameter", "every latent and parameter counts", "its parameter useless"},
    {"prior/faulty_prior", "swaps_shares", "KL of each latent", "by quadrature"},
    {"prior/faulty_prior", "even_shares", "KL of each latent", "by quadrature"},
    {"prior/faulty_prior", "equal_scales", "KL of each latent", "by quadrature"},
    {"prior/faulty_prior", "capped_kl", "KL in closed form", "far away"},
    {"prior/faulty_prior", "first_order_kl", "KL of each latent", "by quadrature"},
    {"prior/faulty_prior", "clamps_far_latents", "outliers", "log_prob does not fall"},
    {"prior/faulty_prior", "floor", "outliers", "log_prob does not fall"},
    {"prior/faulty_prior", "unregistered_parameter", "stored state", "used but not registered"},
    {"prior/faulty_prior", "unregistered_buffer", "stored state", "with the stored state of another object"},
    {"prior/faulty_prior", "scales_in_training", "training mode", "while it is being trained"},
    {"prior/faulty_prior", "static_option", "several objects at once", "scale = "},
    {"prior/faulty_prior", "centres_large_batches", "1000 data at once", "not in a part of"},
    {"prior/faulty_prior", "50_to_500_data", "1000 data at once",
     "log_prob for data 36 to 99 among 1000, not in a part of 64"},
    {"prior/faulty_prior", "50_to_500_samples", "1000 data at once", "log_prob for samples 36 to 99"},
    {"prior/faulty_prior", "kl_of_50_to_500_data", "1000 data at once", "the KL for data 36 to 99"},
    {"prior/faulty_prior", "pairs_of_latents", "every latent and parameter counts", "latent 4 of 5"},
    {"prior/faulty_prior", "remembers_an_address", "each data point on its own", "of a z whose numbers have changed"},
    {"prior/faulty_prior", "weak_in_float32", "float32 agrees with float64", "the gradient of log_prob by"},
    {"prior/faulty_prior", "weak_kl_in_float32", "float32 agrees with float64", "the gradient of kl by"},
    {"prior/faulty_prior", "scales_by_threads", "two threads", "on two threads"},
    {"prior/faulty_prior", "keeps_results", "memory of 1000 calls", "bytes more in use"},
};

class LikelihoodsAndPriors : public testing::TestWithParam<PlantedFault> {};

TEST_P(LikelihoodsAndPriors, WithAFaultFailAtTheProperty) {
  const auto results = results_of(GetParam().plugin, {{"fault", GetParam().fault}}, GetParam().property);
  for (const Result& result : results)
    EXPECT_EQ(result.outcome == "failed", result.name == GetParam().property)
        << result.name << ": " << result.outcome << " " << result.detail;
  EXPECT_NE(results.back().detail.find(GetParam().says), std::string::npos) << results.back().detail;
}

INSTANTIATE_TEST_SUITE_P(conformance, LikelihoodsAndPriors, testing::ValuesIn(planted_faults), [](const auto& info) {
  const PlantedFault& planted = info.param;
  std::string name =
      planted.plugin.substr(planted.plugin.find('_') + 1) + "_" + planted.fault + "_" + std::to_string(info.index);
  return name;
});

class Unusual : public testing::TestWithParam<std::string> {};

TEST_P(Unusual, IsNoFault) {
  for (const Result& result : results_of(GetParam(), {}, ""))
    EXPECT_NE(result.outcome, "failed") << result.name << ": " << result.detail;
}

INSTANTIATE_TEST_SUITE_P(conformance, Unusual,
                         testing::Values("likelihood/faulty_normal", "likelihood/faulty_counts",
                                         "likelihood/log_normal", "likelihood/running_sum", "likelihood/common_factor",
                                         "prior/faulty_prior", "prior/chain_prior", "prior/cauchy_prior"),
                         [](const auto& info) { return info.param.substr(info.param.find('/') + 1); });

}  // namespace
}  // namespace elbo::host::conformance
