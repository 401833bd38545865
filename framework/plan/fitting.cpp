#include "plan/fitting.hpp"

#include <elbo/error.hpp>

#include "observation/observation_model.hpp"
#include "plugins/probe.hpp"

namespace elbo {

ListLikelihoods likelihoods_of(const plugins::Registry& registry) {
  return [&registry] {
    std::vector<plugins::Found> found;
    for (const plugins::Found& plugin : registry.all())
      if (plugin.kind == "likelihood") found.push_back(plugin);
    return plugins::describe_usable(found);
  };
}

std::vector<std::string> fitting(const std::vector<plugins::Description>& likelihoods, const Observation& stored,
                                 const DataConfig& config) {
  std::vector<std::string> names;
  for (const plugins::Description& plugin : likelihoods) {
    if (!plugin.support) continue;
    try {
      observation::observation_model(stored, *plugin.support, plugin.has_interval_log_prob, config, plugin.found.name);
      names.push_back(plugin.found.name);
    } catch (const UserError&) {
      continue;  // it does not fit
    }
  }
  return names;
}

}  // namespace elbo
