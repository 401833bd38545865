// What the tests of plans share: plugins that exist only here, and an experiment on data that the program makes.
#pragma once
#include <cstdlib>
#include <string>

#include <elbo/error.hpp>
#include <elbo/options.hpp>

#include "plan/plan.hpp"

namespace elbo::host::fakes {

inline Option option(std::string name, Value fallback) {
  return {.name = std::move(name), .doc = "said by the test", .fallback = std::move(fallback)};
}

/// Options that need each other and those of training, as a weight that rises has them.
struct Rising {
  double beta = 1, cycle_rise = 0.5;
  int64_t cycle_epochs = 0, warmup_epochs = 0;

  static void describe(Options<Rising>& o) {
    o.add("beta", &Rising::beta, "weight").range(0, 1e6);
    o.add("cycle_epochs", &Rising::cycle_epochs, "of one cycle")
        .range(0, 1e6)
        .only_with("beta")
        .at_most("train.max_epochs");
    o.add("cycle_rise", &Rising::cycle_rise, "share of a cycle").range(0.001, 1).only_with("cycle_epochs");
    o.add("warmup_epochs", &Rising::warmup_epochs, "of the rise")
        .range(0, 1e6)
        .only_with("beta")
        .only_with("cycle_epochs", {int64_t{0}})
        .at_most("train.max_epochs");
  }
};

/// Plugins known by name, as a registry would describe them.
inline plugins::PluginDescription describe(const std::string& kind, const std::string& name,
                                           const std::filesystem::path& path) {
  plugins::PluginDescription d;
  d.found.kind = kind;
  d.found.name = name;
  d.found.path = path.empty() ? std::filesystem::path("/plugins/" + kind + "/" + name + ".so") : path;
  d.sha256 = "hash of " + kind + ":" + name;
  if (kind == "objective") {
    d.objective.emplace();
    d.objective->has_posterior = name != "autoencoder";
    if (name == "beta") d.options = options_of<Rising>().list();
    if (name == "elbo" || name == "iwae") d.options = {option("samples", int64_t{1})};
    if (name == "elbo") d.options.push_back(option("kl", std::string("analytic")));
    if (d.options.empty() && d.objective->has_posterior)
      throw UserError("objective:" + name + ": no such plugin; there are: elbo, beta, iwae, autoencoder");
  } else if (name == "mlp") {
    d.options = {option("hidden", std::vector<int64_t>{500}), option("activation", std::string("relu")),
                 option("first", int64_t{0}), option("width", 1.0)};
    d.options[2].limits = {{.key = "latent_dim", .may_equal = false}};
    d.options[3].needs = {{{.key = "objective.plugin", .values = {std::string("autoencoder")}, .except = true}}};
  } else if (kind == "likelihood" && name == "bernoulli") {
    d.support = Support::binary;
  } else if (kind == "likelihood" && name == "gaussian") {
    d.options = {option("scale", std::string("shared")), option("floor", 1e-3),
                 option("weights", std::vector<double>())};
    d.options[1].min = 0;
    d.support = Support::real;
    d.has_interval_log_prob = true;
  } else if (kind == "likelihood" && (name == "poisson" || name == "multinomial")) {
    d.support = name == "poisson" ? Support::counts : Support::simplex_counts;
  } else if (kind == "likelihood" && name == "composite") {
    d.contains_likelihoods = true;
  } else if (name != "standard_normal") {
    throw UserError(kind + ":" + name + ": no such plugin; there are: bernoulli, gaussian");
  }
  return d;
}

inline constexpr const char* bars = R"(
[dataset]
name = "bars"
[encoder]
plugin = "mlp"
[decoder]
plugin = "mlp"
hidden = [32, 64]
[prior]
plugin = "standard_normal"
[likelihood]
plugin = "bernoulli"
)";

inline void use_own_datasets() { setenv("ELBO_DATASET_PATH", ELBO_SOURCE_DIR "/datasets", 1); }

/// The plan of bars with these lines before it.
inline Plan plan_of(const std::string& head = "", const std::vector<std::string>& overrides = {}) {
  use_own_datasets();
  return make_plan(experiment::read_text(head + bars, "exp.toml", overrides), describe);
}

/// The message of the UserError that the experiment causes.
inline std::string fault_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  use_own_datasets();
  try {
    make_plan(experiment::read_text(text, "exp.toml", overrides), describe);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace elbo::host::fakes
