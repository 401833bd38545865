// What is known of a plugin: from its file alone, and from asking it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <elbo/observation.hpp>
#include <elbo/options.hpp>

#include "plugins/objective_summary.hpp"

namespace elbo::host::plugins {

inline const std::vector<std::string> kinds = {"encoder", "decoder", "prior", "likelihood", "objective"};

/// What a plugin file says of itself, read from its card; `fault` is set, with the sentence, when it cannot be used.
struct FoundPlugin {
  std::string kind, name, summary, torch, compiler;
  int abi = 0;
  std::filesystem::path path;
  std::string fault;
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

}  // namespace elbo::host::plugins
