// What a likelihood can and cannot say of one value: what the checks of data against likelihoods need to know of it.
#pragma once
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include <elbo/observation.hpp>
#include <elbo/options.hpp>

#include "plugins/ask.hpp"

namespace elbo::host::plugins {

/// FoundPlugin by evaluating the likelihood with its settings, never declared: see conformance/traits.hpp. What a likelihood could
/// not be asked keeps the value here, which holds nothing against it.
struct Traits {
  Support support = Support::real;
  bool has_interval = false;  // it gives masses of intervals
  Conditioning conditioning = Conditioning::nothing;
  /// Of a density on [0, 1]: it is finite at 0 and at 1.
  bool finite_at_ends = true;
  /// Of counts: between these its variance / mean can be.
  double least_dispersion = 0, most_dispersion = std::numeric_limits<double>::max();
  /// Of levels and counts: it can give the lowest (highest) value a mass of its own beside a bump elsewhere.
  bool own_lowest = true, own_highest = true;
  /// The decoder gives each value a spread of its own beside its location.
  bool own_spread = true;
  /// The option that would, as in 'scale = "per_pixel"'; empty where there is none or it does already.
  std::string for_own_spread;
  /// The option with which the total of the counts is taken as given; empty where there is none or it is already.
  std::string for_given_total;
};

nlohmann::ordered_json to_json(const Traits& traits);
/// Throws nlohmann's exceptions when it is not one.
Traits traits_from_json(const nlohmann::ordered_json& json);

struct TraitsAnswer {
  Traits traits;
  std::string fault;  // why they are not known; empty where they are
};

/// One answer for each question, in their order: from the cache, else from a child process, so that a plugin that crashes
/// or hangs takes nothing down with it.
std::vector<TraitsAnswer> ask_traits(std::span<const PluginQuestion> questions);

}  // namespace elbo::host::plugins
