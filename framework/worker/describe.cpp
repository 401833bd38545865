#include "worker/describe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/model.hpp>

#include "model/load_plugin.hpp"
#include "plugins/description_json.hpp"
#include "plugins/inspect.hpp"
#include "worker/answer.hpp"
#include "worker/objective_facts.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
using namespace plugins;
namespace {

const Shape small = {1, 2, 3};

Context context_of(Support support) {
  Context context;
  context.observation = {small, support, support == Support::levels ? 256 : 0};
  context.latent_dim = 2;
  return context;
}

/// A likelihood tells its support only once it is made, and may refuse to be made for another one: so each is tried.
std::shared_ptr<Likelihood> make_for_own_support(const PluginChoice& choice) {
  std::string refusal;
  for (size_t i = 0; i < support_names.size(); ++i) {
    const auto support = static_cast<Support>(i);
    try {
      auto likelihood = make_plugin<Likelihood>(choice, context_of(support));
      if (likelihood->support() == support) return likelihood;
    } catch (const UserError& e) {
      refusal = e.what();
    }
  }
  throw UserError(refusal.empty() ? "likelihood:" + choice.name + ": its support is none of those it was made for"
                                  : refusal);
}

/// [256, 1, 2, 3] is "256, X..."; a shape that does not end in the observation's is written out.
std::string in_letters(const Shape& shape) {
  const bool ends_in_x = shape.size() >= small.size() && std::equal(small.rbegin(), small.rend(), shape.rbegin());
  std::vector<std::string> sizes;
  for (size_t i = 0; i < shape.size() - (ends_in_x ? small.size() : 0); ++i) sizes.push_back(std::to_string(shape[i]));
  if (ends_in_x) sizes.push_back("X...");
  return sizes.empty() ? "scalar" : fmt::format("{}", fmt::join(sizes, ", "));
}

bool has_interval(const Likelihood& likelihood) {
  const auto params = likelihood.params();
  const Theta theta(params, zeros({1, 1, numel(params)}));
  return likelihood.interval_log_prob(full(Shape{1} + small, 0.25), full(Shape{1} + small, 0.75), theta).has_value();
}

void ask_likelihood(const PluginChoice& choice, Description& description) {
  const auto likelihood = make_for_own_support(choice);
  description.support = likelihood->support();
  for (const Param& param : likelihood->params()) description.params.emplace_back(param.name, in_letters(param.shape));
  description.has_interval_log_prob = has_interval(*likelihood);
}

Json describe_one(const std::string& file) {
  Description description;
  description.found = inspect(file, "", "");
  PluginChoice choice;
  choice.kind = description.found.kind;
  choice.name = description.found.name;
  choice.path = file;
  try {
    description.options = options_of_plugin(choice);
    description.contains_likelihoods = contains_likelihoods(choice);
    if (choice.kind == "likelihood" && !description.contains_likelihoods) ask_likelihood(choice, description);
    if (choice.kind == "objective") description.objective = facts_of(choice);
    return to_json(description);
  } catch (const UserError& e) {
    return {{"error", e.what()}};
  } catch (const std::exception& e) {
    return {{"error", label(description.found) + ": failed while being probed: " + e.what()}};
  } catch (...) {
    return {{"error", label(description.found) + ": threw something that is not a std::exception while being probed"}};
  }
}

}  // namespace

int describe(const std::vector<std::string>& files) {
  const Answer answer;
  Json all = Json::array();
  for (const std::string& file : files) all.push_back(describe_one(file));
  return answer.write(all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") ? 0 : 1;
}

}  // namespace elbo::worker
