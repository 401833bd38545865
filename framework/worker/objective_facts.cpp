#include "worker/objective_facts.hpp"

#include <ATen/Parallel.h>

#include <limits>

#include <elbo/objective.hpp>

#include "model/load_plugin.hpp"
#include "worker/answer.hpp"
#include "worker/limits.hpp"
#include "worker/plugin_choice.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
namespace {

Json facts_or_error(const std::string& file, const std::string& settings) {
  PluginChoice choice;
  const auto failed = [&](const std::string& what) {
    return Json{{"error", "objective:" + choice.name + " (" + file + "): cannot be asked: " + what}};
  };
  try {
    choice = choice_of_file(file, settings);
    return plugins::to_json(facts_of(choice));
  } catch (const UserError& e) {
    return {{"error", e.what()}};
  } catch (const std::exception& e) {
    return failed(e.what());
  } catch (...) {
    return failed("it threw something that is not a std::exception");
  }
}

}  // namespace

plugins::ObjectiveFacts facts_of(const PluginChoice& objective) {
  Context context;
  context.observation = {{1, 2, 3}, Support::real, 0};
  context.latent_dim = 2;
  const auto made = plugins::make_plugin<Objective>(objective, context);
  const Sampling sampling = made->sampling();
  return {.terms = made->terms(std::numeric_limits<double>::infinity()),
          .samples = sampling.samples,
          .has_posterior = sampling.latent != Latent::mean,
          .is_bound = made->is_bound(),
          .remarks = made->remarks()};
}

int objective_facts(const std::vector<std::string>& words) {
  const Answer answer;
  at::set_num_threads(1);
  TrainConfig few;
  few.memory_limit_gb = 8;  // which takes nothing like it
  set_limits(few);
  Json all = Json::array();
  for (size_t i = 0; i + 1 < words.size(); i += 2) all.push_back(facts_or_error(words[i], words[i + 1]));
  return answer.write(all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") ? 0 : 1;
}

}  // namespace elbo::worker
