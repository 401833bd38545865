#include "plan/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/objective_terms.hpp"

namespace elbo {
namespace {

constexpr double after_all_warmup = 1e9;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

bool is_annealed(const ObjectiveConfig& c) { return c.warmup_epochs > 0 || c.anneal == "cyclical"; }

std::string annealing(const ObjectiveConfig& c) {
  if (c.anneal == "cyclical")
    return fmt::format("beta rises from 0 to {:g} in the first {:g} of each {} epochs", c.beta, c.cycle_rise, c.cycle_epochs);
  return fmt::format("beta rises from 0 to {:g} over {} epochs; the weights are those after it", c.beta, c.warmup_epochs);
}

/// In the epochs after all warm-up; in cycles, at their end.
double last_epoch(const ObjectiveConfig& c) {
  return c.anneal == "cyclical" ? static_cast<double>(c.cycle_epochs) * (1 - 1e-9) : after_all_warmup;
}

std::string estimator(const ObjectiveConfig& c) {
  std::string text =
      c.bound == "autoencoder" ? "no sampling" : fmt::format("{} latent sample{} a datum", draws(c), draws(c) == 1 ? "" : "s");
  if (c.gradient == "stl")
    text += std::string("; gradient without the score of q (sticking the landing)") + (draws(c) > 1 && c.bound != "elbo" ? ", biased for K > 1" : "");
  if (c.gradient == "dreg") text += "; doubly reparameterised gradient";
  if (c.scale == "dataset") text += "; gradient of the sum over the training data, N/M times the batch's";
  return text;
}

std::string standing(const ObjectiveConfig& c) {
  if (c.bound == "autoencoder" || c.bound == "wake_sleep" || c.bound == "mcem") return "no bound of log p(x)";
  return is_bound(c) ? "a lower bound of log p(x)" : "no bound of log p(x); the elbo with beta = 1 is logged beside it";
}

std::string text_option(const PluginChoice& choice, const std::string& option) {
  for (const Setting& setting : choice.settings)
    if (const auto* text = std::get_if<std::string>(&setting.value); text && setting.name == option) return *text;
  return "";
}

/// "diagonal_normal+iaf(z | mlp(x))"; "mine(z | x)" for an encoder that offers no choice of posteriors.
std::string posterior_name(const PluginChoice& encoder, const std::string& z) {
  const std::string family = text_option(encoder, "posterior"), flow = text_option(encoder, "flow");
  if (family.empty()) return fmt::format("{}({} | x)", encoder.name, z);
  return fmt::format("{}{}({} | {}(x))", family, flow.empty() || flow == "none" ? "" : "+" + flow, z, encoder.name);
}

}  // namespace

std::string with_names(std::string formula, const Run& run) {
  for (const std::string z : {"z_k", "z"}) {
    replace_all(formula, "p(" + z + ")", fmt::format("{}({})", run.prior.name, z));  // first: mlp(z) ends like it
    replace_all(formula, "q(" + z + "|x)", posterior_name(run.encoder, z));
    replace_all(formula, "p(x|" + z + ")", fmt::format("{}(x | {}({}))", run.likelihood.name, run.decoder.name, z));
  }
  return formula;
}

std::string explained(const Run& run) {
  const ObjectiveConfig& c = run.objective;
  const auto terms = objective_terms(c, last_epoch(c));
  size_t width = 0;
  for (const ObjectiveTerm& term : terms) width = std::max(width, term.name.size());
  std::string text = fmt::format("{}\n  maximises, per datum,\n", run.variant);
  for (const ObjectiveTerm& term : terms)
    text += fmt::format("    {} {:<7g} {:<{}}  {}\n", term.weight < 0 ? "-" : "+", std::fabs(term.weight), term.name, width,
                        with_names(term.formula, run));
  text += "  " + standing(c) + "\n  " + estimator(c) + "\n";
  if (is_annealed(c)) text += "  " + annealing(c) + "\n";
  if (c.regularizer == "capacity" && c.capacity_epochs > 0)
    text += fmt::format("  C rises from 0 to {:g} nat over {} epochs\n", c.capacity, c.capacity_epochs);
  return text;
}

std::string explained(const Plan& plan) {
  std::string text, last;
  for (const Run& run : plan.runs) {
    if (run.variant == last) continue;
    last = run.variant;
    text += (text.empty() ? "" : "\n") + explained(run);
  }
  return text;
}

}  // namespace elbo
