// The conformance kit: what `elbo plugins check` runs, in a process of its own.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "conformance/property.hpp"
#include "plugins/choice.hpp"

namespace elbo::conformance {

/// The names of all results that check_plugin will give, in their order, known before any code of the plugin runs. `only`, if
/// not empty, is the one property to check beside those that it rests on. Throws UserError when there is none of that name.
std::vector<std::string> property_names(const PluginChoice& choice, const std::string& only);

/// Checks one plugin, made with the settings of the choice; `done` is told each property's result as soon as it is known.
/// Once a property fails that the others rest on, they are reported as skipped.
void check_plugin(const PluginChoice& choice, const std::string& only, const std::function<void(const Result&)>& done);

}  // namespace elbo::conformance
