// Encoders and decoders with one fault each: it must be caught, by the property meant for it.
#include <gtest/gtest.h>

#include <map>

#include "conformance/check.hpp"

namespace elbo::host::conformance {
namespace {

PluginChoice planted(const std::string& plugin, std::vector<Setting> settings) {
  const size_t slash = plugin.find('/');
  PluginChoice choice;
  choice.kind = plugin.substr(0, slash);
  choice.name = plugin.substr(slash + 1);
  choice.path = ELBO_BUILD_DIR "/tests/planted_faults/" + plugin + ".so";
  choice.settings = std::move(settings);
  return choice;
}

std::map<std::string, Result> checked(const PluginChoice& choice, const std::string& only = "") {
  std::map<std::string, Result> results;
  check_plugin(choice, only, [&](const Result& result) { results[result.name] = result; });
  return results;
}

struct NetworkFault {
  std::string plugin, fault, property, says;
};

std::ostream& operator<<(std::ostream& out, const NetworkFault& fault) {
  return out << fault.plugin << " " << fault.fault;
}

const NetworkFault network_faults[] = {
    {"encoder/wrong_posterior", "narrow", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "narrow_alone", "samples follow log_prob", "one sample of each data point"},
    {"encoder/wrong_posterior", "narrow_in_training", "samples follow log_prob", "in training"},
    {"encoder/wrong_posterior", "clamped", "samples follow log_prob", "moved by -4"},
    {"encoder/wrong_posterior", "plain_clamped", "samples follow log_prob", "moved by -4"},
    {"encoder/wrong_posterior", "one_for_all_latents", "samples follow log_prob", "lie in a plane"},
    {"encoder/wrong_posterior", "wide", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "shifted", "samples follow log_prob", "mean() of latent"},
    {"encoder/wrong_posterior", "plain_narrow", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "plain_wide", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "plain_shifted", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "only_draws", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "one_of_many", "samples follow log_prob", "latent 11"},
    {"encoder/wrong_posterior", "correlated", "samples follow log_prob", "goes with"},
    {"encoder/wrong_posterior", "average_over_latents", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "no_jacobian", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "cut_off", "samples follow log_prob", "are equal"},
    {"encoder/wrong_posterior", "uniform_for_normal", "samples follow log_prob", "do not follow log q"},
    {"encoder/wrong_posterior", "pairs", "samples are independent", "are equal"},
    {"encoder/wrong_posterior", "antithetic", "samples are independent", "the next one after it"},
    {"encoder/wrong_posterior", "same_size", "samples are independent", "the next one after it"},
    {"encoder/wrong_posterior", "one_for_all_data", "samples are independent", "two data"},
    {"encoder/wrong_posterior", "mean_beside", "mean, log_prob and family agree",
     "mean(), against that of diagonal_normal()"},
    {"encoder/wrong_posterior", "family_of_another", "mean, log_prob and family agree",
     "against that of diagonal_normal()"},
    {"encoder/wrong_posterior", "narrow_when_turned", "normalisation of each choice", "with turned = true"},
    {"encoder/wrong_posterior", "floored", "mean, log_prob and family agree", "against that of diagonal_normal()"},
    {"encoder/wrong_posterior", "plain_floored", "normalisation", "at 100 standard deviations"},
    {"encoder/wrong_posterior", "half_diagonal", "mean, log_prob and family agree", "full_normal()"},
    {"encoder/wrong_posterior", "detached_family", "gradients", "has no gradient"},
    {"encoder/wrong_posterior", "detached_given", "gradients", "by a given z along"},
    {"encoder/wrong_posterior", "detached_mean", "gradients", "mean() has no gradient"},
    {"encoder/wrong_posterior", "weak_in_float32", "float32 agrees with float64", "samples and log q (float32) by"},
    {"encoder/wrong_posterior", "chosen_component", "gradient of an expectation", "the weights of a mixture"},
    {"encoder/wrong_posterior", "scores_from_z", "samples at tiny scales", "moved by -20 (float32) log q"},
    {"encoder/wrong_posterior", "divides_by_the_variance", "samples at tiny scales", "a sample has log q nan"},
    {"encoder/wrong_encoder", "deaf_to_a_value", "influence of each value", "value 2 of x"},
    {"encoder/wrong_encoder", "first_channel_only", "influence of each value", "value 16 of x"},
    {"encoder/wrong_encoder", "pairs_of_columns", "influence of each value", "value 6 of x"},
    {"encoder/wrong_encoder", "weak_in_float32", "float32 agrees with float64", "in float32 and"},
    {"encoder/wrong_encoder", "50_to_500_rows", "1000 data at once", "rows 36 to 99 among 1000, not in a part of 64"},
    {"encoder/wrong_encoder", "idle_latent", "influence of each value", "latent 0"},
    {"encoder/wrong_encoder", "512_rows", "1000 data at once", "rows 328 to 583"},
    {"encoder/wrong_encoder", "dropout_always", "training mode", "once more in evaluation"},
    {"encoder/wrong_encoder", "counts_calls", "training mode", "once more in evaluation"},
    {"encoder/wrong_encoder", "changes_in_evaluation", "training mode", "evaluation changes its calls"},
    {"encoder/wrong_encoder", "nan_in_training", "training mode", "in training"},
    {"encoder/wrong_encoder", "cut_in_training", "training mode", "no gradient reaches its parameter hidden.weight"},
    {"encoder/wrong_encoder", "half_a_gradient_in_training", "gradients", "in training"},
    {"encoder/wrong_encoder", "reads_memory", "each data point on its own", "not contiguous"},
    {"encoder/wrong_encoder", "unregistered_parameter", "all tensors registered", "a tensor of shape [16]"},
    {"encoder/wrong_encoder", "another_tensor", "all tensors registered", "a tensor of shape [16]"},
    {"encoder/wrong_encoder", "lazy_parameter", "all tensors registered", "before its first use"},
    {"encoder/wrong_encoder", "unregistered_buffer", "stored state", "another seed"},
    {"encoder/wrong_encoder", "running_mean", "stored state", "another seed"},
    {"encoder/wrong_encoder", "global_scale", "several objects at once", "with scale = 0.5"},
    {"encoder/wrong_encoder", "threads_count", "two threads", "on two threads"},
    {"encoder/wrong_encoder", "leaks", "memory of 1000 calls", "bytes more in use"},
    {"encoder/wrong_encoder", "overflows", "finite at extreme inputs", "found inf"},
    {"decoder/wrong_decoder", "two_for_each_value", "parameters of any likelihood", "decode returned"},
    {"decoder/wrong_decoder", "deaf_to_a_latent", "influence of each value", "latent 2"},
    {"decoder/wrong_decoder", "constant_value", "influence of each value", "value 3 of the output"},
    {"decoder/wrong_decoder", "pairs_of_values", "influence of each value", "value 6 of the output"},
    {"decoder/wrong_decoder", "50_to_500_rows", "1000 data at once", "rows 36 to 99 among 1000, not in a part of 64"},
    {"decoder/wrong_decoder", "remembers_an_address", "each data point on its own",
     "whose numbers have changed in place"},
    {"decoder/wrong_decoder", "weak_in_float32", "float32 agrees with float64", "the gradient of the output by"},
    {"decoder/wrong_decoder", "norm_at_0", "finite at extreme latents", "gradient"},
    {"decoder/wrong_decoder", "overflows", "finite at extreme latents", "found inf"},
    {"decoder/wrong_decoder", "detached_skip", "gradients", "by z along"},
    {"decoder/wrong_decoder", "half_of_the_bias", "output bias", "the change of the output"},
    {"decoder/wrong_decoder", "sorts_rows", "1000 data at once", "rows 0 to 0"},
    {"decoder/wrong_decoder", "stays_in_training", "training mode", "once more in evaluation"},
    {"decoder/wrong_decoder", "unregistered_buffer", "stored state", "another seed"},
    {"decoder/wrong_decoder", "leaks", "memory of 1000 calls", "bytes more in use"},
};

class NetworkFaults : public testing::TestWithParam<NetworkFault> {};

TEST_P(NetworkFaults, are_caught_by_the_property_meant_for_them) {
  const auto& [plugin, fault, property, says] = GetParam();
  const Result result = checked(planted(plugin, {{"fault", fault}}), property)[property];
  EXPECT_EQ(result.outcome, "failed");
  EXPECT_NE(result.detail.find(says), std::string::npos) << result.detail;
}

INSTANTIATE_TEST_SUITE_P(conformance, NetworkFaults, testing::ValuesIn(network_faults), [](const auto& info) {
  return info.param.plugin.substr(info.param.plugin.find('_') + 1) + "_" + info.param.fault;
});

class SoundNetworks : public testing::TestWithParam<std::pair<std::string, Setting>> {};

TEST_P(SoundNetworks, pass_every_property) {
  const auto& [plugin, setting] = GetParam();
  for (const auto& [name, result] : checked(planted(plugin, {setting})))
    EXPECT_NE(result.outcome, "failed") << name << ": " << result.detail;
}

INSTANTIATE_TEST_SUITE_P(conformance, SoundNetworks,
                         testing::Values(std::pair{"encoder/wrong_posterior", Setting{"fault", "none"}},
                                         std::pair{"encoder/wrong_encoder", Setting{"fault", "none"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "plain"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "full"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "bent"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "two_modes"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "mixture"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "squashed"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "gru"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "attention"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "dropout"}},
                                         std::pair{"encoder/sound_encoder", Setting{"kind", "batch_norm"}},
                                         std::pair{"decoder/wrong_decoder", Setting{"fault", "none"}}),
                         [](const auto& info) {
                           return info.param.first.substr(info.param.first.find('/') + 1) + "_" +
                                  std::get<std::string>(info.param.second.value);
                         });

}  // namespace
}  // namespace elbo::host::conformance
