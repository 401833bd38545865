// What is asked of plugins while a plan is made, and which likelihoods can score which data.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "plan/run.hpp"
#include "plugins/description.hpp"
#include "plugins/registry.hpp"

namespace elbo::host {

/// Finds and describes the plugin of a kind by name, or by path if that is not empty. Throws UserError.
using DescribePlugin = std::function<plugins::PluginDescription(const std::string& kind, const std::string& name,
                                                                const std::filesystem::path& path)>;

/// The likelihoods that there are, each described.
using ListLikelihoods = std::function<std::vector<plugins::PluginDescription>()>;

/// What each of these objectives is with its settings, one answer for each.
using AskObjectives = std::function<std::vector<plugins::ObjectiveAnswer>(std::span<const plugins::PluginQuestion>)>;

struct FirstSteps {
  std::string digest;   // of all numbers: the same for two runs that came to the same ones
  std::string fault;    // why the run cannot be trained
  std::string untried;  // why the worker gave no answer
};

/// What the worker finds when it trains these runs for a few steps: one answer for each, in their order.
using AskFirstSteps = std::function<std::vector<FirstSteps>(std::span<const Run>)>;

/// So many runs are tried at once, a tenth of a second each.
inline constexpr size_t most_first_steps = 400;

/// Asks the worker, which loads the data of the runs.
std::vector<FirstSteps> ask_first_steps(std::span<const Run> runs);

/// Asked anew at each call; those that cannot be used are left out.
ListLikelihoods likelihoods_of(const plugins::Registry& registry);

/// The names of those that score these data as `config` observes them.
std::vector<std::string> fitting(const std::vector<plugins::PluginDescription>& likelihoods, const Observation& stored,
                                 const DataConfig& config);

}  // namespace elbo::host
