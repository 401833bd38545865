#include "plan/duplicates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plan/contradictions.hpp"
#include "plan/parts.hpp"
#include "plan/run_sections.hpp"

namespace elbo {
namespace {

/// Everything from `count` on is the same as all, which is 0.
void cut_to(nlohmann::json& value, int64_t count) {
  if (value.get<int64_t>() >= count) value = 0;
}

void cut(nlohmann::json& identity, const data::SplitSizes& sizes) {
  nlohmann::json &train = identity["train"], &evaluate = identity["evaluate"];
  train["batch_size"] = std::min(train["batch_size"].get<int64_t>(), sizes.train);
  for (const char* images : {"images", "ais_images", "marginal_images"}) cut_to(evaluate[images], sizes.test);
  for (const char* stands_in_the_fingerprint : {"train", "valid", "test", "test_fraction", "split_seed", "seed"})
    identity["dataset"].erase(stands_in_the_fingerprint);
}

void simplify(ScheduleConfig& c) {
  const bool is_constant =
      c.name == "cosine" ? c.final_fraction == 1 : (c.name == "steps" || c.name == "exponential") && c.factor == 1;
  if (is_constant) c.name = "constant";
  if (c.warmup_epochs == 1) c.warmup_epochs = 0;  // the first epoch has the whole rate
}

/// Settings that have no effect get their defaults.
void reset_without_effect(Run& run) {
  const auto sections = sections_of(run);
  auto reset = sections;
  for (size_t i = 0; i < sections.size(); ++i) {
    const auto kept = with_effect(sections[i], sections);
    for (size_t k = 0; k < sections[i].settings.size(); ++k) {
      const auto is_it = [&](const Setting& s) { return s.name == sections[i].settings[k].name; };
      if (std::none_of(kept.begin(), kept.end(), is_it)) reset[i].settings[k].value = sections[i].declared[k].fallback;
    }
  }
  set_sections(reset, run);
}

/// The same run in the plainest of the forms that come to the same.
Run simplified(Run run) {
  const std::string schedule = run.schedule.name;
  simplify(run.schedule);
  if (run.schedule.name != schedule) reset_without_effect(run);
  return run;
}

/// Adds what differs below a title: "train.batch_size (600 and 700)". Options of plugins stand directly below the plugin.
void add_differences(const std::string& title, const nlohmann::json& a, const nlohmann::json& b,
                     std::vector<std::string>& to) {
  if (a == b) return;
  if (!a.is_object() && !b.is_object()) {
    const auto text = [](const nlohmann::json& value) { return value.is_null() ? "none" : value.dump(); };
    to.push_back(fmt::format("{} ({} and {})", title, text(a), text(b)));
    return;
  }
  std::set<std::string> keys;
  for (const nlohmann::json* side : {&a, &b})
    for (const auto& [key, value] : side->items()) keys.insert(key);
  if (keys.erase("sha256")) keys.erase("path");  // of a plugin's library
  const auto at = [](const nlohmann::json& json, const std::string& key) {
    return json.is_object() && json.contains(key) ? json[key] : nlohmann::json();
  };
  if (at(a, "plugin") != at(b, "plugin")) keys.erase("settings");  // those of another plugin say no more
  for (const std::string& key : keys)
    add_differences(key == "settings" ? title : title + "." + key, at(a, key), at(b, key), to);
}

}  // namespace

nlohmann::json effective_settings(const Run& run, const data::SplitSizes& sizes) {
  nlohmann::json identity = identity_of(to_json(simplified(run)));
  cut(identity, sizes);
  identity.erase("log");
  const int64_t passes = test_passes(run.train);
  if (run.early_stopping.patience == 0) identity["train"].erase("test_every");  // then a test pass decides nothing
  if (run.early_stopping.patience >= passes) identity["early_stopping"]["patience"] = passes;  // it never stops
  nlohmann::json& milestones = identity["schedule"]["milestones"];
  if (milestones.is_array()) std::sort(milestones.begin(), milestones.end());
  if (run.optimizer.name == "adamw" && run.optimizer.weight_decay == 0) identity["optimizer"]["name"] = "adam";
  if (!run.objective_facts.has_posterior)
    identity.erase("prior");  // nothing is drawn from it and nothing held against it
  return identity;
}

nlohmann::json settings_beside_options(const Run& run, const data::SplitSizes& sizes) {
  nlohmann::json identity = effective_settings(run, sizes);
  for_each_plugin(run, [&](const std::string& kind, const PluginChoice&) {
    if (identity.contains(kind)) identity[kind].erase("settings");
  });
  identity.erase("objective");  // two objectives may come to the same terms
  identity["samples"] = run.objective_facts.samples;
  for (const ObjectiveTerm& term : run.objective_facts.terms)
    if (term.weight != 0) identity["terms"].push_back({term.name, term.weight});
  return identity;
}

std::vector<std::string> differences(const Run& a, const Run& b) {
  const nlohmann::json of_a = to_json(a), of_b = to_json(b);
  const std::set<std::string> no_settings = {"experiment", "description",      "variant",     "seed",           "id",
                                             "sweep",      "data_fingerprint", "data_record", "objective_facts"};
  std::vector<std::string> found;
  for (const auto& [section, value] : of_a.items())
    if (!no_settings.contains(section))
      add_differences(section_title(section), value, of_b.value(section, nlohmann::json()), found);
  return found;
}

}  // namespace elbo
