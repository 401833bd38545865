// Asks plugins in a child process, so that one that crashes or hangs takes nothing down with it.
#pragma once
#include <span>

#include "plugins/registry.hpp"

namespace elbo::plugins {

/// What each plugin says of itself, from the cache where the library was asked before. All others share one start
/// of the worker, which takes half a second to load torch; only when that one fails is each asked alone.
/// Throws UserError naming the first plugin that cannot be used, crashes, hangs or throws.
std::vector<Description> describe_all(std::span<const Found> plugins);

/// The same of all that can be used; one that cannot is left out.
std::vector<Description> describe_usable(const Registry& registry);

}  // namespace elbo::plugins
