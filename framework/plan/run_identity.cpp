#include "plan/run_identity.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <unordered_map>

#include "base/digest.hpp"
#include "base/value_json.hpp"
#include "plan/typed_value.hpp"

namespace elbo::host {
namespace {

void append_json(std::string& text, std::string_view value) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::all_of(value.begin(), value.end(), is_plain)) text.append(1, '"').append(value).append(1, '"');
  else text += nlohmann::json(value).dump();
}

void append_json(std::string& text, bool value) { text += value ? "true" : "false"; }
void append_json(std::string& text, int64_t value) { text += std::to_string(value); }

/// Most numbers are the same in every run.
void append_json(std::string& text, double value) {
  constexpr size_t most_kept = 1000;
  thread_local std::unordered_map<uint64_t, std::string> kept;
  if (kept.size() >= most_kept) kept.clear();
  std::string& known = kept[std::bit_cast<uint64_t>(value)];
  if (known.empty()) known = nlohmann::json(value).dump();
  text += known;
}

template <class T>
void append_json(std::string& text, const std::vector<T>& values) {
  text += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ',';
    append_json(text, values[i]);
  }
  text += ']';
}

void append_key(std::string& text, std::string_view key) {
  if (text.back() != '{') text += ',';
  append_json(text, key);
  text += ':';
}

}  // namespace

std::span<const char* const> keys_without_result(std::string_view section) {
  // The fingerprint stands for the data.
  static constexpr std::array dataset = {"name", "path", "test_path", "valid_path", "format"};
  static constexpr std::array train = {"checkpoint_seconds", "keep_state", "time_limit_seconds", "memory_limit_gb",
                                       "device"};
  static constexpr std::array evaluate = {"batch_size"}, plugin = {"path"};
  if (section == "dataset") return dataset;
  if (section == "train") return train;
  if (section == "evaluate") return evaluate;
  if (std::find(plugins::kinds.begin(), plugins::kinds.end(), section) != plugins::kinds.end()) return plugin;
  return {};
}

namespace {

/// Of options that are younger than the ids of runs: they are part of an id only where they are not at their default, so that runs without
/// them keep theirs.
std::span<const char* const> keys_left_out_at_default(std::string_view section) {
  static constexpr std::array optimizer = {"encoder_lr", "decoder_lr", "prior_lr", "likelihood_lr", "objective_lr"};
  static constexpr std::array schedule = {"patience", "threshold", "min_lr"};
  static constexpr std::array train = {"accumulate", "average_decay", "keep"};
  if (section == "optimizer") return optimizer;
  if (section == "schedule") return schedule;
  if (section == "train") return train;
  return {};
}

/// The keys of a section with these values, among `settings`, that are no part of an id.
template <class Config>
std::vector<const char*> keys_left_out(std::string_view section, const std::vector<Setting>& settings) {
  const auto always = keys_without_result(section);
  std::vector<const char*> keys(always.begin(), always.end());
  const auto& declared = known_options<Config>().list();
  for (const char* key : keys_left_out_at_default(section))
    for (size_t i = 0; i < declared.size(); ++i)
      if (declared[i].name == key && settings[i].value == declared[i].fallback) keys.push_back(key);
  return keys;
}

/// The sections of a run that says nothing.
const nlohmann::json& default_sections() {
  static const nlohmann::json defaults = [] {
    nlohmann::json sections;
    const Run run;
    for_each_section(run, [&](const char* name, const auto& config) {
      sections[name] = to_json(known_options<std::decay_t<decltype(config)>>().settings(config));
    });
    return sections;
  }();
  return defaults;
}

}  // namespace

std::string sorted_json_text(const std::vector<Setting>& settings, std::span<const char* const> left_out,
                             bool is_typed) {
  std::vector<const Setting*> sorted;
  for (const Setting& setting : settings) sorted.push_back(&setting);
  std::sort(sorted.begin(), sorted.end(), [](const Setting* a, const Setting* b) { return a->name < b->name; });
  std::string text = "{";
  for (const Setting* one : sorted) {
    const Setting& setting = *one;
    if (std::find(left_out.begin(), left_out.end(), setting.name) != left_out.end()) continue;
    append_key(text, setting.name);
    if (const char* type = is_typed ? empty_list_type(setting.value) : nullptr)
      text.append("{\"empty_list_of\":\"").append(type).append("\"}");
    else std::visit([&](const auto& value) { append_json(text, value); }, setting.value);
  }
  return text + "}";
}

std::string choice_text(const PluginChoice& choice, const PluginPart* part) {
  std::string text = "{";
  if (part) {
    append_key(text, "columns");
    append_json(text, part->columns);
    append_key(text, "name");
    append_json(text, part->name);
  }
  if (!choice.parts.empty()) {
    append_key(text, "parts");
    text += '[';
    for (const PluginPart& one : choice.parts) text += (text.back() == '[' ? "" : ",") + choice_text(one.choice, &one);
    text += ']';
  }
  append_key(text, "plugin");
  append_json(text, choice.name);
  append_key(text, "settings");
  text += sorted_json_text(choice.settings, {}, true);
  append_key(text, "sha256");
  append_json(text, choice.sha256);
  return text + "}";
}

IdentityParts identity_parts(const Run& run) {
  IdentityParts parts = {{"seed", std::to_string(run.seed)}, {"latent_dim", std::to_string(run.latent_dim)}};
  append_json(parts["data_fingerprint"], run.data_record.fingerprint());
  for_each_plugin(run, [&](const char* kind, const PluginChoice& choice) { parts[kind] = choice_text(choice); });
  for_each_section(run, [&](const char* name, const auto& config) {
    using Config = std::decay_t<decltype(config)>;
    const auto settings = known_options<Config>().settings(config);
    parts[name] = sorted_json_text(settings, keys_left_out<Config>(name, settings));
  });
  return parts;
}

std::string identity_text(const IdentityParts& parts) {
  std::string text = "{";
  for (const auto& [key, value] : parts) {
    append_key(text, key);
    text += value;
  }
  return text + "}";
}

nlohmann::json identity_of(const nlohmann::ordered_json& plan) {
  nlohmann::json json = plan;  // sorts its keys: the order in which options are declared does not matter
  const auto erase = [](nlohmann::json& from, std::span<const char* const> names) {
    if (from.is_object())
      for (const char* name : names) from.erase(name);
  };
  static constexpr std::array not_of_the_result = {"experiment", "description", "variant",     "sweep",
                                                   "seed_rule",  "id",          "data_record", "objective_facts"};
  erase(json, not_of_the_result);
  if (!json.is_object()) return json;
  for (auto& [section, settings] : json.items()) {
    erase(settings, keys_without_result(section));
    for (const char* key : keys_left_out_at_default(section))
      if (settings.is_object() && settings.contains(key) && settings[key] == default_sections()[section][key])
        settings.erase(key);
    if (settings.is_object() && settings.contains("parts"))
      for (auto& part : settings["parts"]) erase(part, keys_without_result(section));
  }
  return json;
}

nlohmann::json training_identity_of(const nlohmann::ordered_json& plan) {
  nlohmann::json json = identity_of(plan);
  if (json.is_object()) json.erase("evaluate");
  return json;
}

std::string Run::id() const { return sha256(identity_text(*this)).substr(0, 16); }

}  // namespace elbo::host
