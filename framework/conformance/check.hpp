// The conformance kit: what `elbo plugins check` runs, in a process of its own.
#pragma once
#include <functional>
#include <vector>

#include "conformance/property.hpp"
#include "plan/run.hpp"

namespace elbo::conformance {

/// Checks one plugin, made with the settings of the choice. `begun` is told each property's name before it is checked,
/// so that a crash can be blamed on one; `done` its result. Once a property fails that the others rest on, they are
/// reported as skipped. `only`, if not empty, is the one property to check beside those that it rests on.
/// Throws UserError when there is none of that name.
void check_plugin(const PluginChoice& choice, const std::string& only,
                  const std::function<void(const std::string&)>& begun, const std::function<void(const Result&)>& done);

}  // namespace elbo::conformance
