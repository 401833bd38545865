#include "plan/schema.hpp"

#include <cmath>
#include <map>

#include "base/value_json.hpp"
#include "experiment/applicability.hpp"
#include "experiment/experiment.hpp"
#include "plan/run.hpp"

namespace elbo::host {
using Json = nlohmann::ordered_json;

using plugins::PluginDescription;
namespace {

struct TypeOf {
  Json operator()(bool) const { return {{"type", "boolean"}}; }
  Json operator()(int64_t) const { return {{"type", "integer"}}; }
  Json operator()(double) const { return {{"type", "number"}}; }
  Json operator()(const std::string&) const { return {{"type", "string"}}; }
  template <class T>
  Json operator()(const std::vector<T>&) const {
    return {{"type", "array"}, {"items", (*this)(T{})}};
  }
};

Json schema_of(const Option& option) {
  Json schema = std::visit(TypeOf{}, option.fallback);
  Json& one = schema["type"] == "array" ? schema["items"] : schema;  // limits are of each element
  if (std::isfinite(option.min)) one["minimum"] = option.min;
  if (std::isfinite(option.max)) one["maximum"] = option.max;
  if (!option.choices.empty()) one["enum"] = option.choices;
  const std::string needs = experiment::needs_text(option);
  schema["description"] = option.doc + (needs.empty() ? "" : "; " + needs) +
                          (option.defaults.empty() ? "" : "; default " + experiment::default_text(option));
  schema["default"] = to_json(option.fallback);
  return schema;
}

Json properties_of(const std::vector<Option>& options) {
  Json properties = Json::object();
  for (const Option& option : options) properties[option.name] = schema_of(option);
  return properties;
}

Json closed_table(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json plugin_keys() {
  return {{"plugin", {{"type", "string"}, {"description", "its name; elbo plugins list shows what there is"}}},
          {"path", {{"type", "string"}, {"description", "a library that is not in the plugin folders"}}}};
}

/// The options of the plugin, and the likelihoods within it.
Json own_keys(const PluginDescription& plugin) {
  Json properties = properties_of(plugin.options);
  if (!plugin.contains_likelihoods) return properties;
  const Json one = {{"type", {"string", "object"}},
                    {"description", "a likelihood: its name, or a table with plugin and its options"}};
  properties["columns"] = {{"type", "object"},
                           {"description", "columns by name or place, several with commas, and the likelihood of each"},
                           {"additionalProperties", one}};
  properties["rest"] = one;
  return properties;
}

/// Where the plugin is named, its options and no others.
Json options_of_the_named(const PluginDescription& plugin) {
  Json properties = plugin_keys();
  properties.update(own_keys(plugin));
  return {{"if", {{"properties", {{"plugin", {{"const", plugin.found.name}}}}}, {"required", {"plugin"}}}},
          {"then", {{"properties", properties}, {"additionalProperties", false}}}};
}

/// A section of one of the five kinds. A variant may change an option without naming the plugin, so any plugin's options
/// fit then. Editors complete from `properties`, which has the options of all.
Json plugin_section(const std::string& kind, const std::vector<PluginDescription>& all) {
  Json properties = plugin_keys(), names = Json::array(), checks = Json::array();
  for (const PluginDescription& plugin : all) {
    if (plugin.found.kind != kind) continue;
    names.push_back(plugin.found.name);
    checks.push_back(options_of_the_named(plugin));
    const Json own = own_keys(plugin);
    for (const auto& [key, schema] : own.items())
      if (!properties.contains(key)) properties[key] = {{"description", schema["description"]}};
  }
  Json keys = Json::array();
  for (const auto& [key, schema] : properties.items()) keys.push_back(key);
  Json known = Json::object();
  known["properties"]["plugin"]["enum"] = names;
  known["propertyNames"]["enum"] = keys;
  checks.push_back(known);
  return {{"type", "object"},
          {"description", "the " + kind + " and its options"},
          {"properties", properties},
          {"if", {{"required", {"path"}}}},
          {"then", true},
          {"else", {{"allOf", checks}}}};
}

/// The keys that a file and each of its variants may have.
Json model_keys(const std::vector<PluginDescription>& all, const std::vector<std::string>& datasets) {
  Json keys = properties_of(options_of<experiment::ModelConfig>().list());
  const Run run;
  for_each_section(run, [&](const std::string& name, const auto& config) {
    Json& parent = is_below_train(name) ? keys["train"]["properties"] : keys;
    parent[name] = closed_table(properties_of(options_of<std::decay_t<decltype(config)>>().list()));
  });
  for_each_plugin(run, [&](const char* kind, const auto&) { keys[kind] = plugin_section(kind, all); });
  Json& data = keys["dataset"]["properties"];
  data["train_path"] = data["path"];  // another name of it
  if (!datasets.empty()) keys["dataset"]["properties"]["name"]["enum"] = datasets;
  return keys;
}

/// "train.optimizer.lr" = [...] for every key, and tables of them.
Json sweep_of(const Json& keys, const std::string& prefix = "") {
  Json properties = Json::object();
  for (const auto& [key, schema] : keys.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    const bool is_table = schema.contains("properties");
    properties[path] = {{"type", is_table ? Json({"array", "object"}) : Json("array")}, {"minItems", 1}};
    if (is_table) properties.update(sweep_of(schema["properties"], path));
    else properties[path]["items"] = schema;
  }
  return properties;
}

/// Of a key of search.space; a choice is of values that the key may have.
Json distribution_of(const Json& key) {
  const Json bounds = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
  const bool is_number = key.value("type", "") == "number" || key.value("type", "") == "integer";
  Json properties = {{"choice", {{"type", "array"}, {"items", key}, {"minItems", 2}}},
                     {"variants", {{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 1}}}};
  if (is_number || !key.contains("type"))
    for (const char* name : {"uniform", "log_uniform", "integer", "log_integer"}) properties[name] = bounds;
  return closed_table(properties);
}

Json space_of(const Json& keys, const std::string& prefix = "") {
  Json properties = Json::object();
  for (const auto& [key, schema] : keys.items()) {
    const std::string path = prefix.empty() ? key : prefix + "." + key;
    if (!schema.contains("properties")) properties[path] = distribution_of(schema);
    else {
      properties[path] = {{"type", "object"}};
      properties.update(space_of(schema["properties"], path));
    }
  }
  return properties;
}

Json search_of(const Json& model) {
  Json search = closed_table(properties_of(options_of<experiment::SearchConfig>().list()));
  search["description"] = "trials with settings drawn from a space, of which validation data choose one";
  search["properties"]["space"] = closed_table(space_of(model));
  search["properties"]["space"]["description"] = "a distribution for each key";
  search["required"] = {"space"};
  return search;
}

}  // namespace

Json experiment_schema(const std::vector<PluginDescription>& plugins, const std::vector<std::string>& datasets) {
  const Json model = model_keys(plugins, datasets);
  Json variant = closed_table(model);
  variant["properties"]["name"] = {{"type", "string"}, {"minLength", 1}, {"description", "what the tables call it"}};
  variant["required"] = {"name"};

  Json all = properties_of(options_of<experiment::HeadConfig>().list());
  Json& seeds = all["seeds"];  // a list, or the rule by which they are added
  seeds.update(closed_table(properties_of(options_of<experiment::SeedRule>().list())));
  seeds["type"] = {"array", "object"};
  all.update(model);
  all["variant"] = {{"type", "array"},
                    {"minItems", 1},
                    {"description", "what is compared: each says only what differs from the file"},
                    {"items", variant}};
  all["sweep"] = closed_table(sweep_of(model));
  all["sweep"]["description"] = "lists of values, every combination of which becomes a variant";
  const Json zip = all["sweep"];
  all["sweep"]["properties"]["zip"] = {{"type", {"object", "array"}},
                                       {"items", zip},
                                       {"properties", zip["properties"]},
                                       {"additionalProperties", false},
                                       {"description", "lists of one length, which are gone through together"}};
  all["search"] = search_of(model);

  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "elbo experiment"}};
  schema.update(closed_table(all));
  return schema;
}

}  // namespace elbo::host
