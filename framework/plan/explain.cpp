#include "plan/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/parameter_prior.hpp"

namespace elbo {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string samples_in_words(const plugins::ObjectiveFacts& facts) {
  if (!facts.has_posterior) return "no sampling";
  return fmt::format("{} latent sample{} a datum", facts.samples, facts.samples == 1 ? "" : "s");
}

std::string standing(const Run& run) {
  if (run.objective_facts.is_bound && !has_parameter_prior(run.train)) return "a lower bound of log p(x)";
  return std::string("no bound of log p(x)") +
         (run.objective_facts.has_posterior ? "; the elbo is logged beside it" : "");
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
  std::vector<ObjectiveTerm> terms = run.objective_facts.terms;
  if (has_parameter_prior(run.train)) terms.push_back(parameter_prior_term());
  size_t width = 0;
  for (const ObjectiveTerm& term : terms) width = std::max(width, term.name.size());
  std::string text = fmt::format("{}\n  maximises, per datum,\n", run.variant);
  for (const ObjectiveTerm& term : terms)
    text += fmt::format("    {} {:<7g} {:<{}}  {}\n", term.weight < 0 ? "-" : "+", std::fabs(term.weight), term.name,
                        width, with_names(term.formula, run));
  std::vector<std::string> lines = {standing(run), samples_in_words(run.objective_facts)};
  lines.insert(lines.end(), run.objective_facts.remarks.begin(), run.objective_facts.remarks.end());
  if (run.train.gradient_scale == "dataset")
    lines.push_back("gradient of the sum over the training data, N/M times the batch's");
  for (const std::string& line : lines) text += "  " + line + "\n";
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
