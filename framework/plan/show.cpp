#include "plan/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/text.hpp"
#include "experiment/applicability.hpp"
#include "experiment/settings.hpp"
#include "plan/run.hpp"

namespace elbo::host {
namespace {

/// What a run says below one heading, as "train.optimizer".
struct ShownSection {
  std::string name;
  std::vector<Setting> settings;
};

/// Every setting of a run that has an effect and that an experiment file can say, but for the seed.
std::vector<ShownSection> shown_sections(const Run& run) {
  std::vector<ShownSection> shown = {{"", {{"latent_dim", run.latent_dim}}}};
  const auto add = [&](const std::string& section, const PluginChoice& choice) {
    shown.push_back({section, {{"plugin", choice.name}}});
    shown.back().settings.insert(shown.back().settings.end(), choice.settings.begin(), choice.settings.end());
  };
  for_each_plugin(run, [&](const char* kind, const PluginChoice& choice) {
    add(kind, choice);
    for (const PluginPart& part : choice.parts)
      add(std::string(kind) + (part.name == "rest" ? ".rest" : ".columns." + to_string(Value(part.name))), part.choice);
  });
  const auto sections = sections_of(run);
  for (const experiment::Section& section : sections) shown.push_back({section.name, with_effect(section, sections)});
  return shown;
}

/// Whether two settings are shown alike; those of two plugins may be of two types.
bool are_alike(const Setting& a, const Setting& b) {
  if (a.name != b.name) return false;
  return a.value.index() == b.value.index() ? a.value == b.value : to_string(a.value) == to_string(b.value);
}

/// Keeps the settings like which `others` have one, or those like which they have none. Both are mostly in one order, so that each search begins
/// where the last one ended.
void keep_where(std::vector<ShownSection>& sections, const std::vector<ShownSection>& others, bool are_in_both) {
  static const std::vector<Setting> none;
  for (ShownSection& section : sections) {
    const auto other =
        std::find_if(others.begin(), others.end(), [&](const ShownSection& o) { return o.name == section.name; });
    const std::vector<Setting>& theirs = other == others.end() ? none : other->settings;
    size_t next = 0;
    std::erase_if(section.settings, [&](const Setting& setting) {
      for (size_t i = 0; i < theirs.size(); ++i)
        if (const size_t at = (next + i) % theirs.size(); are_alike(setting, theirs[at])) {
          next = at + 1;
          return !are_in_both;
        }
      return are_in_both;
    });
  }
  std::erase_if(sections, [](const ShownSection& section) { return section.settings.empty(); });
}

std::string key_of(const ShownSection& section, const Setting& setting) {
  return section.name.empty() ? setting.name : section.name + "." + setting.name;
}

/// Whether [search] has drawn it, by itself or with the table that it stands in.
bool is_drawn(const ShownSection& section, const Setting& setting, const Run& run) {
  const std::string key = key_of(section, setting);
  return std::any_of(run.sweep.keys.begin(), run.sweep.keys.end(),
                     [&](const std::string& drawn) { return key == drawn || key.starts_with(drawn + "."); });
}

void leave_out_drawn(std::vector<ShownSection>& sections, const Run& run) {
  for (ShownSection& section : sections)
    std::erase_if(section.settings, [&](const Setting& setting) { return is_drawn(section, setting, run); });
  std::erase_if(sections, [](const ShownSection& section) { return section.settings.empty(); });
}

std::string sections_text(const std::vector<ShownSection>& sections) {
  std::string text;
  for (const ShownSection& section : sections) {
    if (!section.name.empty()) text += "\n[" + section.name + "]\n";
    for (const Setting& s : section.settings) text += s.name + " = " + to_string(s.value) + "\n";
  }
  return text;
}

std::string allowed(const Option& option) {
  std::vector<std::string> choices;
  for (const std::string& choice : option.choices)
    if (!choice.empty()) choices.push_back("`" + choice + "`");
  return choices.empty() ? experiment::range_text(option) : join(choices);
}

/// A "|" would end the table's cell.
std::string meaning(const Option& option) {
  const std::string needs = experiment::needs_text(option, "`");
  std::string text = option.doc + (needs.empty() ? "" : "; " + needs);
  for (size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) text.insert(i, "\\");
  return text;
}

std::string rows(const std::string& section, std::span<const Option> options) {
  std::string text;
  for (const Option& option : options)
    text += fmt::format("| `{}{}` | {} | {} | {} | {} |\n", section.empty() ? "" : section + ".", option.name,
                        type_name(option.fallback), experiment::default_text(option, "`"), allowed(option),
                        meaning(option));
  return text;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// "40 trials draw train.optimizer.lr, latent_dim; one is shown for all that maximise the same"
std::string trials_text(const Run& run) {
  return fmt::format("{}{} draw {}; one is shown for all that maximise the same",
                     counted(static_cast<size_t>(run.sweep.points), "trial"),
                     run.sweep.of.empty() ? "" : " of " + run.sweep.of, join(run.sweep.keys));
}

std::string samples_in_words(const plugins::ObjectiveSummary& summary) {
  if (!summary.has_posterior) return "no sampling";
  return fmt::format("{} latent sample{} a data point", summary.samples, summary.samples == 1 ? "" : "s");
}

std::string standing(const Run& run) {
  if (run.objective_summary.is_bound && !has_parameter_prior(run.train)) return "a lower bound of log p(x)";
  return std::string("no bound of log p(x)") +
         (run.objective_summary.has_posterior ? "; the elbo is logged beside it" : "");
}

std::string text_option(const PluginChoice& choice, const std::string& option) {
  for (const Setting& setting : choice.settings)
    if (const auto* text = std::get_if<std::string>(&setting.value); text && setting.name == option) return *text;
  return "";
}

/// "diagonal_normal+iaf(z | mlp(x))"; "mine(z | x)" for an encoder that offers no choice of posteriors.
std::string posterior_name(const PluginChoice& encoder, const std::string& z, const std::string& given) {
  const std::string family = text_option(encoder, "posterior"), flow = text_option(encoder, "flow");
  if (family.empty()) return fmt::format("{}({} | x{})", encoder.name, z, given);
  return fmt::format("{}{}({} | {}(x{}))", family, flow.empty() || flow == "none" ? "" : "+" + flow, z, encoder.name,
                     given);
}

}  // namespace

std::string drawn_text(const Run& run) {
  std::vector<std::string> drawn;
  for (const ShownSection& section : shown_sections(run))
    for (const Setting& setting : section.settings)
      if (is_drawn(section, setting, run)) drawn.push_back(key_of(section, setting) + " = " + to_string(setting.value));
  return join(drawn);
}

std::string runs_table(const Plan& plan) {
  size_t width = std::string("variant").size();
  for (const Run& run : plan.runs) width = std::max(width, run.variant.size());
  const auto row = [&](const std::string& drawn, const auto&... cells) {
    return fmt::format("{:<{}}  {:>6}  {:<16}  {:>10}  {:>12}{}\n", cells..., drawn.empty() ? "" : "  " + drawn);
  };
  std::string text = row("", "variant", width, "seed", "id", "steps", "images");
  Cost total;
  for (const Run& run : plan.runs) {
    const Cost cost = cost_of(run, training_data(run));
    text += row(run.sweep.trial > 0 ? drawn_text(run) : "", run.variant, width, run.seed, run.id(), cost.steps,
                cost.images);
    total.steps += cost.steps;
    total.images += cost.images;
  }
  return text + row("", fmt::format("{} runs", plan.runs.size()), width, "", "", total.steps, total.images);
}

std::string settings_text(const Plan& plan) {
  std::vector<const Run*> variants;
  for (const Run& run : plan.runs)
    if (variants.empty() || variants.back()->variant != run.variant) variants.push_back(&run);
  if (variants.empty()) return "";
  std::vector<ShownSection> shared = shown_sections(*variants.front());
  for (const Run* variant : variants) keep_where(shared, shown_sections(*variant), true);
  std::string last, text = (variants.size() > 1 ? "# every variant\n" : "") + sections_text(shared);
  for (const Run* variant : variants) {
    auto sections = shown_sections(*variant);
    keep_where(sections, shared, false);
    if (variant->sweep.trial > 0) leave_out_drawn(sections, *variant);
    if (sections.empty()) continue;
    const std::string own = sections_text(sections).substr(sections.front().name.empty() ? 0 : 1);
    if (variant->sweep.trial > 1 && own == last) continue;  // the trials of a variant share it
    last = own;
    text += "\n# " + variant->variant + "\n" + own;
  }
  return text;
}

int64_t training_data(const Run& run) { return run.data_record.facts.at("train").get<int64_t>(); }

Cost cost_of(const Run& run, int64_t data) {
  const int64_t steps_per_epoch = (data + data_in_a_step(run.train) - 1) / data_in_a_step(run.train);
  return {data * run.train.max_epochs, steps_per_epoch * run.train.max_epochs};
}

std::string keys_table() {
  std::string text = "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
  text += rows("", options_of<experiment::HeadConfig>().list());
  text += rows("seeds", options_of<experiment::SeedRule>().list());
  text += rows("search", options_of<experiment::SearchConfig>().list());
  text += rows("", options_of<experiment::ModelConfig>().list());
  for (const experiment::Section& section : sections_of(Run())) text += rows(section.name, section.declared);
  return text;
}

/// ", c" where p(x|c) is given something, and the network with it.
std::string condition_of(const Run& run, bool is_shown = true) {
  return run.data.condition.empty() || !is_shown ? "" : ", c";
}

std::string with_names(std::string formula, const Run& run) {
  for (const std::string z : {"z_k", "z"}) {
    replace_all(formula, "p(" + z + ")", fmt::format("{}({})", run.prior.name, z));  // first: mlp(z) ends like it
    replace_all(formula, "q(" + z + "|x)",
                posterior_name(run.encoder, z, condition_of(run, run.data.encoder_sees_condition)));
    replace_all(formula, "p(x|" + z + ")",
                fmt::format("{}(x | {}({}{}))", run.likelihood.name, run.decoder.name, z, condition_of(run)));
  }
  return formula;
}

std::string explained(const Run& run) {
  std::vector<ObjectiveTerm> terms = run.objective_summary.terms;
  if (has_parameter_prior(run.train)) terms.push_back(parameter_prior_term());
  size_t width = 0;
  for (const ObjectiveTerm& term : terms) width = std::max(width, term.name.size());
  std::string text = fmt::format("{}\n  maximises, per data point,\n", run.variant);
  for (const ObjectiveTerm& term : terms)
    text += fmt::format("    {} {:<7g} {:<{}}  {}\n", term.weight < 0 ? "-" : "+", std::fabs(term.weight), term.name,
                        width, with_names(term.formula, run));
  std::vector<std::string> lines = {standing(run), samples_in_words(run.objective_summary)};
  lines.insert(lines.end(), run.objective_summary.remarks.begin(), run.objective_summary.remarks.end());
  if (run.train.gradient_scale == "dataset")
    lines.push_back("gradient of the sum over the training data, N/M times the batch's");
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

std::string explained(const Plan& plan) {
  std::string text, last, last_of_trials;
  for (const Run& run : plan.runs) {
    if (run.variant == last) continue;
    last = run.variant;
    const std::string one = explained(run), formula = one.substr(one.find('\n'));
    if (run.sweep.trial > 1 && formula == last_of_trials) continue;  // most trials of a search maximise the same
    last_of_trials = formula;
    if (run.sweep.trial == 1) text += fmt::format("{}# {}\n", text.empty() ? "" : "\n", trials_text(run));
    text += (text.empty() || run.sweep.trial == 1 ? "" : "\n") + one;
  }
  return text;
}

}  // namespace elbo::host
