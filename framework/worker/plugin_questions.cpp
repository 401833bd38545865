#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <iostream>
#include <limits>

#include <elbo/error.hpp>
#include <elbo/model.hpp>
#include <elbo/objective.hpp>

#include "base/value_json.hpp"
#include "conformance/check.hpp"
#include "kernels/device.hpp"
#include "kernels/matrix_products.hpp"
#include "model/load_plugin.hpp"
#include "plan/run.hpp"
#include "plugins/card.hpp"
#include "plugins/description.hpp"
#include "worker/process.hpp"
#include "worker/verbs.hpp"

namespace elbo::host::worker {
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

void ask_likelihood(const PluginChoice& choice, PluginDescription& description) {
  const auto likelihood = make_for_own_support(choice);
  description.support = likelihood->support();
  for (const DecoderOutput& param : likelihood->params())
    description.params.emplace_back(param.name, in_letters(param.shape));
  description.has_interval_log_prob = has_interval_log_prob(*likelihood);
}

/// With the settings of the choice. Throws UserError where it refuses them.
plugins::ObjectiveSummary facts_of(const PluginChoice& objective) {
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

Json describe_one(const std::string& file) {
  PluginDescription description;
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

/// What `ask` says of the plugin in a file with settings given as JSON, or {"error": sentence}.
template <class Ask>
Json answer_or_error(const std::string& kind, const std::string& file, const std::string& settings, Ask&& ask) {
  PluginChoice choice;
  const auto failed = [&](const std::string& what) {
    return Json{{"error", kind + ":" + choice.name + " (" + file + "): cannot be asked: " + what}};
  };
  try {
    choice = choice_of_file(file, settings);
    return plugins::to_json(ask(choice));
  } catch (const conformance::Failure& e) {
    return failed(e.sentence);
  } catch (const UserError& e) {
    return kind == "objective" ? Json{{"error", e.what()}} : failed(e.what());
  } catch (const std::exception& e) {
    return failed(e.what());
  } catch (...) {
    return failed("it threw something that is not a std::exception");
  }
}

/// One answer for each pair FILE SETTINGS.
template <class Ask>
int answer_pairs(const std::string& kind, const Words& words, Ask&& ask) {
  at::set_num_threads(1);
  kernels::use_onednn_products();
  TrainConfig few;
  few.memory_limit_gb = 8;  // which takes nothing like it
  set_limits(few);
  return answer_each(words, 2,
                     [&](std::span<const std::string> pair) { return answer_or_error(kind, pair[0], pair[1], ask); });
}

/// Running, or ended and not yet waited for. The check itself starts none.
bool has_children() {
  siginfo_t unused;
  return ::waitid(P_ALL, 0, &unused, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

PluginChoice choice_of_file(const std::string& file, const std::string& settings,
                            const std::vector<std::string>& parts) {
  const plugins::FoundPlugin found = plugins::inspect(file, "", "");
  PluginChoice choice;
  choice.kind = found.kind;
  choice.name = found.name;
  choice.path = file;
  if (const auto given = nlohmann::ordered_json::parse(settings); !given.empty())
    choice.settings = settings_from_json(given, plugins::options_of_plugin(choice));
  for (const std::string& part : parts) choice.parts.push_back({"", {}, choice_of_file(part, "{}")});
  return choice;
}

int describe(const Words& files) {
  return answer_each(files, 1, [](std::span<const std::string> file) { return describe_one(file[0]); });
}

int objective_summary(const Words& words) { return answer_pairs("objective", words, facts_of); }

int traits(const Words& words) { return answer_pairs("likelihood", words, conformance::traits_of); }

// The names of what will be reported are written before the plugin is loaded, and each result says which process it comes
// from and whether that has children: a plugin that ends or forks the process cannot take a result away unseen.
int check(const Words& words) {
  const std::string &file = words[0], &settings = words[1], &only = words[2];
  const Words parts(words.begin() + 3, words.end());
  const Answer answer;
  const auto say = [&](const Json& json) {
    if (!answer.write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"))
      throw Error("the results of the check cannot be written: its output was closed");
  };
  at::set_num_threads(1);
  kernels::use_onednn_products();
  try {
    say({{"expected", conformance::property_names(choice_of_file(file, "{}", parts), only)}, {"process", ::getpid()}});
    conformance::check_plugin(choice_of_file(file, settings, parts), only, [&](const conformance::Result& r) {
      say({{"name", r.name},
           {"outcome", r.outcome},
           {"detail", r.detail},
           {"process", ::getpid()},
           {"children", has_children()}});
    });
  } catch (const UserError& e) {
    say({{"error", e.what()}});
  }
  return 0;
}

int device(const Words& words) {
  std::cout << nlohmann::json{{"device", kernels::in_words(kernels::device_of(words[0]))}}.dump() << std::endl;
  return 0;
}

}  // namespace elbo::host::worker
