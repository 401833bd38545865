#include "plan/questions.hpp"

#include "plugins/ask.hpp"

#include <elbo/error.hpp>

#include "observation/observation_model.hpp"
#include "plugins/probe.hpp"

namespace elbo::host {

ListLikelihoods likelihoods_of(const plugins::Registry& registry) {
  return [&registry] {
    std::vector<plugins::FoundPlugin> found;
    for (const plugins::FoundPlugin& plugin : registry.all())
      if (plugin.kind == "likelihood") found.push_back(plugin);
    return plugins::describe_usable(found);
  };
}

std::vector<std::string> fitting(const std::vector<plugins::PluginDescription>& likelihoods, const Observation& stored,
                                 const DataConfig& config) {
  std::vector<std::string> names;
  for (const plugins::PluginDescription& plugin : likelihoods) {
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

namespace {

FirstSteps answer_of(const nlohmann::ordered_json& json) {
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  return {text("digest"), text("fault"), text("error")};
}

}  // namespace

std::vector<FirstSteps> ask_first_steps(std::span<const Run> runs) {
  std::vector<plugins::Question> questions;
  for (const Run& run : runs) questions.push_back({run.title(), {to_json(run).dump()}});
  std::vector<FirstSteps> answers;
  for (const auto& json : plugins::ask_worker("first_steps", questions)) answers.push_back(answer_of(json));
  return answers;
}

}  // namespace elbo::host
