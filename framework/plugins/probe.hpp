// Asks plugins in a child process, so that one that crashes or hangs takes nothing down with it.
#pragma once
#include <span>
#include <vector>

#include "plugins/description.hpp"

namespace elbo::host::plugins {

/// What the plugin says of itself, from the cache where the library was asked before. Throws UserError when it cannot
/// be used, crashes, hangs or throws.
PluginDescription described(const FoundPlugin& plugin);

/// The same of all that can be used; one that cannot is left out. They share one start of the worker, which takes half
/// a second to load torch, and some more where one of them ends it.
std::vector<PluginDescription> describe_usable(std::span<const FoundPlugin> plugins);

}  // namespace elbo::host::plugins
