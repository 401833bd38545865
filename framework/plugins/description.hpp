// What is known of a plugin: from its file alone, and from asking it.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <elbo/objective_term.hpp>
#include <elbo/observation.hpp>
#include <elbo/options.hpp>

#include "plugins/ask.hpp"

namespace elbo::host::plugins {

inline const std::vector<std::string> kinds = {"encoder", "decoder", "prior", "likelihood", "objective"};

/// What a plugin file says of itself, read from its card; `fault` is set, with the sentence, when it cannot be used.
struct FoundPlugin {
  std::string kind, name, summary, torch, compiler;
  int abi = 0;
  std::filesystem::path path;
  std::string fault;
};

/// What an objective says of itself with given settings: for plans, explanations and checks, without any data.
struct ObjectiveSummary {
  std::vector<ObjectiveTerm> terms;  // after all warm-up
  int64_t samples = 1;               // latent samples for each data point
  bool has_posterior = true;         // latents are sampled; else z is a point and there is no ELBO
  bool is_bound = false;             // what is maximised lies below log p(x) in expectation
  std::vector<std::string> remarks{};
};

/// What a plugin says when it is asked, in a child process: cached by the library's hash.
struct PluginDescription {
  FoundPlugin found;
  std::string sha256;
  std::vector<Option> options;
  bool contains_likelihoods = false;  // is made of others; then nothing below is known of it alone
  // of likelihoods, made with the default options:
  std::optional<Support> support;
  bool has_interval_log_prob = false;
  std::vector<std::pair<std::string, std::string>>
      params;  // asked of the decoder: name, shape in letters such as "X..."
  // of objectives, made with the default options:
  std::optional<ObjectiveSummary> objective;
};

// A plugin's description as the worker prints it and as the cache keeps it.

/// {"kind", "name", "options", and of likelihoods "support", "has_interval_log_prob", "params": [[name, shape], ...], of objectives "objective"}
nlohmann::ordered_json to_json(const PluginDescription& description);
/// Reads it back. Throws Error or nlohmann's exceptions when it is no description, or that of another plugin.
PluginDescription description_from_json(const nlohmann::ordered_json& json, const FoundPlugin& found);

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
