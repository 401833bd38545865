// What a likelihood can say of one value, found by evaluating it: nothing here rests on its name or on what it declares.
#pragma once
#include "plugins/choice.hpp"
#include "plugins/traits.hpp"

namespace elbo::host::conformance {

/// Of the likelihood with the choice's settings, in a second or so. Throws Failure when it cannot be made.
plugins::Traits traits_of(const PluginChoice& choice);

}  // namespace elbo::host::conformance
