#include "experiment/objective_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace elbo {
namespace {

const ObjectiveTerm reconstruction = {"reconstruction", 1, "E_q(z|x)[log p(x|z)]"};

bool importance_weighted(const ObjectiveConfig& c) { return c.bound == "iwae" || c.bound == "miwae" || c.bound == "piwae" || c.bound == "ciwae"; }

/// "log (1/5) sum_k p(x|z_k) p(z_k) / q(z_k|x)"
std::string bound_formula(const ObjectiveConfig& c) {
  const std::string ratio = c.beta == 1 && c.warmup_epochs == 0 && c.anneal == "linear" ? "p(z_k) / q(z_k|x)" : "(p(z_k) / q(z_k|x))^beta";
  const auto mean = [&](int64_t k) { return fmt::format("log (1/{}) sum_k p(x|z_k) {}", k, ratio); };
  if (c.bound == "miwae") return fmt::format("mean over {} groups of {}", c.groups, mean(c.samples));
  if (c.bound == "piwae")
    return fmt::format("{} for decoder and prior, mean over {} groups of {} for the encoder", mean(c.samples * c.groups), c.groups, mean(c.samples));
  return mean(c.samples);
}

std::vector<ObjectiveTerm> regularized(const ObjectiveConfig& c, double beta) {
  if (c.regularizer == "free_bits")
    return {reconstruction, {"kl_floored", -beta, fmt::format("sum_j max({}, batch mean of KL_j(q(z|x) || p(z)))", c.free_bits)}};
  if (c.regularizer == "free_bits_per_example")
    return {reconstruction, {"kl_floored", -beta, fmt::format("sum_j max({}, KL_j(q(z|x) || p(z)))", c.free_bits)}};
  if (c.regularizer == "capacity")
    return {reconstruction,
            {"capacity_gap", -c.capacity_weight, fmt::format("|batch mean of KL(q(z|x) || p(z)) - {}|", c.capacity_epochs > 0 ? "C" : fmt::format("{:g}", c.capacity))}};
  if (c.regularizer == "total_correlation")
    return {reconstruction,
            {"mutual_information", -beta * c.mi_weight, "E[log q(z|x) - log q(z)]"},
            {"total_correlation", -beta * c.tc_weight, "E[log q(z) - sum_j log q(z_j)]"},
            {"dimension_kl", -beta * c.dimension_weight, "E[sum_j log q(z_j) - log p(z)]"}};
  if (c.regularizer == "mmd")
    return {reconstruction,
            {"kl", -beta * (1 - c.info), "KL(q(z|x) || p(z))"},
            {"mmd", -(c.info + c.mmd_weight - 1), "MMD^2(q(z), p(z))"}};
  return {reconstruction, {"kl", -beta, c.kl == "analytic" ? "KL(q(z|x) || p(z))" : "E_q(z|x)[log q(z|x) - log p(z)]"}};
}

std::vector<ObjectiveTerm> of_bound(const ObjectiveConfig& c, double beta) {
  if (c.bound == "autoencoder") return {{"reconstruction", 1, "log p(x|z) at z = E_q(z|x)[z]"}};
  if (c.bound == "wake_sleep")
    return {{"wake", 1, "E_q(z|x)[log p(x|z) + log p(z)] for decoder and prior"},
            {"sleep", 1, "E_p(z) p(x|z)[log q(z|x)] for the encoder"}};
  if (c.bound == "mcem")
    return {{"chain", 1, "log p(x|z) + log p(z) at a draw z ~ p(z|x) of Hamiltonian Monte Carlo, for decoder and prior"},
            {"elbo", 1, "E_q(z|x)[log p(x|z) + log p(z) - log q(z|x)] for the encoder, which only evaluates"}};
  if (c.bound == "ciwae")
    return {{"elbo", c.mix, "E_q(z|x)[log p(x|z) + log p(z) - log q(z|x)]"}, {"iw_bound", 1 - c.mix, bound_formula(c)}};
  if (importance_weighted(c)) return {{"iw_bound", 1, bound_formula(c)}};
  return regularized(c, beta);
}

}  // namespace

std::vector<ObjectiveTerm> objective_terms(const ObjectiveConfig& config, double epoch) {
  std::vector<ObjectiveTerm> terms = of_bound(config, beta_at(config, epoch));
  if (config.parameter_prior == "normal") terms.push_back({"parameter_log_prior", 1, "(1/N) log N(theta; 0, I)"});
  return terms;
}

double beta_at(const ObjectiveConfig& config, double epoch) {
  if (config.anneal == "cyclical" && config.cycle_epochs > 0) {
    const double phase = std::fmod(epoch, static_cast<double>(config.cycle_epochs)) / static_cast<double>(config.cycle_epochs);
    return config.beta * std::min(1.0, phase / config.cycle_rise);
  }
  if (config.warmup_epochs <= 0) return config.beta;
  return config.beta * std::min(1.0, epoch / static_cast<double>(config.warmup_epochs));
}

double capacity_at(const ObjectiveConfig& config, double epoch) {
  if (config.capacity_epochs <= 0) return config.capacity;
  return config.capacity * std::min(1.0, epoch / static_cast<double>(config.capacity_epochs));
}

int64_t draws(const ObjectiveConfig& config) {
  return config.samples * (config.bound == "miwae" || config.bound == "piwae" ? config.groups : 1);
}

bool is_bound(const ObjectiveConfig& config) {
  if (config.parameter_prior != "none" || config.bound == "autoencoder" || config.bound == "wake_sleep" || config.bound == "mcem") return false;
  if (importance_weighted(config)) return config.beta == 1;
  return config.beta >= 1 && config.anneal == "linear" && config.regularizer == "kl";
}

std::vector<std::string> contradictions(const ObjectiveConfig& c) {
  std::vector<std::string> found;
  const auto add = [&](bool wrong, const std::string& sentence) {
    if (wrong) found.push_back("objective." + sentence);
  };
  add(c.gradient == "stl" && c.bound == "elbo" && c.kl == "analytic",
      "gradient is \"stl\" with a closed-form KL, which has no score term; expected kl = \"monte_carlo\" or gradient = \"total\"");
  add(c.gradient == "stl" && c.regularizer != "kl",
      fmt::format("gradient is \"stl\" with regularizer = \"{}\"; expected regularizer = \"kl\"", c.regularizer));
  add(c.gradient == "dreg" && c.bound != "iwae" && c.bound != "miwae",
      fmt::format("gradient is \"dreg\" with bound = \"{}\"; expected bound = \"iwae\" or \"miwae\"", c.bound));
  add(c.gradient == "dreg" && (c.beta != 1 || c.warmup_epochs > 0 || c.anneal != "linear"),
      "gradient is \"dreg\" with a beta that is not 1 throughout; expected beta = 1 without warm-up");
  add(c.gradient == "stl" && (c.bound == "wake_sleep" || c.bound == "mcem" || c.bound == "autoencoder" || c.bound == "piwae"),
      fmt::format("gradient is \"stl\" with bound = \"{}\"; expected bound = \"elbo\", \"iwae\", \"miwae\" or \"ciwae\"", c.bound));
  add(c.anneal == "cyclical" && c.cycle_epochs == 0, "anneal is \"cyclical\" without cycle_epochs; expected cycle_epochs of 1 or more");
  return found;
}

}  // namespace elbo
