#pragma once
#include <string>
#include <vector>

#include "plugins/registry.hpp"

namespace elbo::host::cli {

/// What follows KIND:NAME|FILE.
struct CheckArguments {
  std::vector<std::string> overrides;  // the words after --set, "option=value"
  std::string only;                    // one property's name, or empty for all
  bool as_json = false;
};

/// elbo plugins check: prints one line a property; 1 when the plugin lacks one, else 0.
int check_plugin(plugins::Registry& registry, const plugins::FoundPlugin& plugin, const CheckArguments& arguments);

}  // namespace elbo::host::cli
