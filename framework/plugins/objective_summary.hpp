// What an objective says of itself with given settings: for plans, explanations and checks, without any data.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include <elbo/objective_term.hpp>
#include <elbo/options.hpp>

#include "plugins/ask.hpp"

namespace elbo::host::plugins {

struct ObjectiveSummary {
  std::vector<ObjectiveTerm> terms;  // after all warm-up
  int64_t samples = 1;               // latent samples for each datum
  bool has_posterior = true;         // latents are sampled; else z is a point and there is no ELBO
  bool is_bound = false;             // what is maximised lies below log p(x) in expectation
  std::vector<std::string> remarks{};
};

nlohmann::ordered_json to_json(const ObjectiveSummary& summary);
/// Throws nlohmann's exceptions when they are none.
ObjectiveSummary objective_summary_from_json(const nlohmann::ordered_json& json);

struct ObjectiveAnswer {
  ObjectiveSummary summary;
  std::string fault;  // why it cannot be used with these settings; empty where it can
};

/// One answer for each question, in their order: from the cache, else from a child process, so that a plugin that crashes
/// or hangs takes nothing down with it.
std::vector<ObjectiveAnswer> ask_objectives(std::span<const PluginQuestion> questions);

}  // namespace elbo::host::plugins
