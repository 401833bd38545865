// The worker's side of plugins: loads their libraries and makes their objects. Nothing is ever unloaded, because
// torch and the objects themselves would outlive the code.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include <elbo/plugin.hpp>

#include "plugins/choice.hpp"

namespace elbo::host::plugins {

/// The plugin threw something else than a UserError, by which it would have refused its options or its context.
struct PluginFault : UserError {
  using UserError::UserError;
};

/// Loads the library, once for each file. Throws UserError with one sentence for each way in which that fails.
const PluginTable& load_plugin(const std::filesystem::path& file, const std::string& kind, const std::string& name);

/// The options that the plugin declares. Throws UserError when it throws.
std::vector<Option> options_of_plugin(const PluginChoice& choice);

/// Whether it is made of other likelihoods, which PluginChoice::parts names.
bool contains_likelihoods(const PluginChoice& choice);

/// The plugin's object, made with the choice's settings and attached to the context, after those of its parts. Throws UserError when it does,
/// and PluginFault when it throws anything else.
std::shared_ptr<Component> make_component(const PluginChoice& choice, const Context& context);

[[noreturn]] void refuse_class(const PluginChoice& choice);

/// The same as the class of its kind: make_plugin<Likelihood>(run.likelihood, context).
template <class Kind>
std::shared_ptr<Kind> make_plugin(const PluginChoice& choice, const Context& context) {
  auto plugin = std::dynamic_pointer_cast<Kind>(make_component(choice, context));
  if (!plugin) refuse_class(choice);
  return plugin;
}

}  // namespace elbo::host::plugins
