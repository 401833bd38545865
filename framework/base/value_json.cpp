#include "base/value_json.hpp"

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

namespace elbo::host {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* types[] = {"bool", "integer", "number", "string", "integers", "numbers", "strings"};

Value zero_of(const std::string& type) {
  if (type == "bool") return false;
  if (type == "integer") return int64_t{0};
  if (type == "number") return 0.0;
  if (type == "string") return std::string();
  if (type == "integers") return std::vector<int64_t>();
  if (type == "numbers") return std::vector<double>();
  if (type == "strings") return std::vector<std::string>();
  throw Error("option type '" + type + "' is not known");
}

Json typed_json(const std::vector<Value>& values) {
  Json all = Json::array();
  for (const Value& value : values) all.push_back({{"type", types[value.index()]}, {"value", to_json(value)}});
  return all;
}

std::vector<Value> typed_from_json(const Json& json) {
  std::vector<Value> all;
  for (const Json& one : json) all.push_back(value_from_json(one.at("value"), zero_of(one.at("type"))));
  return all;
}

Json needs_json(const std::vector<std::vector<Requirement>>& needs) {
  Json all = Json::array();
  for (const auto& need : needs) {
    Json any = Json::array();
    for (const Requirement& r : need)
      any.push_back({{"key", r.key}, {"values", typed_json(r.values)}, {"except", r.except}});
    all.push_back(any);
  }
  return all;
}

std::vector<std::vector<Requirement>> needs_from_json(const Json& json) {
  std::vector<std::vector<Requirement>> needs;
  for (const Json& any : json) {
    needs.emplace_back();
    for (const Json& one : any)
      needs.back().push_back(
          {.key = one.at("key"), .values = typed_from_json(one.at("values")), .except = one.at("except").get<bool>()});
  }
  return needs;
}

}  // namespace

Json to_json(const Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Value value_from_json(const Json& json, const Value& like) {
  try {
    return std::visit([&](const auto& v) -> Value { return json.get<std::decay_t<decltype(v)>>(); }, like);
  } catch (const nlohmann::json::exception&) {
    throw Error("expected " + std::string(types[like.index()]) + ", found " + json.dump());
  }
}

Json to_json(const std::vector<Setting>& settings) {
  Json json = Json::object();
  for (const Setting& s : settings) json[s.name] = to_json(s.value);
  return json;
}

std::vector<Setting> settings_from_json(const Json& json, const std::vector<Option>& declared) {
  std::vector<Setting> settings;
  for (const auto& [key, value] : json.items()) {
    const auto option =
        std::find_if(declared.begin(), declared.end(), [&key = key](const Option& o) { return o.name == key; });
    if (option == declared.end()) throw Error("option '" + key + "' is not declared");
    settings.push_back({key, value_from_json(value, option->fallback)});
  }
  return settings;
}

Json to_json(const Option& option) {
  Json json = {{"name", option.name},
               {"type", types[option.fallback.index()]},
               {"default", to_json(option.fallback)},
               {"doc", option.doc}};
  if (std::isfinite(option.min)) json["min"] = option.min;
  if (std::isfinite(option.max)) json["max"] = option.max;
  if (!option.choices.empty()) json["choices"] = option.choices;
  if (!option.needs.empty()) json["needs"] = needs_json(option.needs);
  for (const Limit& limit : option.limits)
    json["limits"].push_back({{"key", limit.key}, {"may_equal", limit.may_equal}, {"is_upper", limit.is_upper}});
  for (const DefaultWith& d : option.defaults)
    json["defaults"].push_back({{"key", d.key}, {"values", typed_json(d.values)}, {"default", to_json(d.fallback)}});
  return json;
}

Option option_from_json(const Json& json) {
  Option option;
  option.name = json.at("name");
  option.doc = json.at("doc");
  option.fallback = value_from_json(json.at("default"), zero_of(json.at("type")));
  if (json.contains("min")) option.min = json["min"];
  if (json.contains("max")) option.max = json["max"];
  if (json.contains("choices")) option.choices = json["choices"].get<std::vector<std::string>>();
  if (json.contains("needs")) option.needs = needs_from_json(json["needs"]);
  if (json.contains("limits"))
    for (const Json& limit : json["limits"])
      option.limits.push_back({limit.at("key"), limit.at("may_equal").get<bool>(), limit.at("is_upper").get<bool>()});
  if (json.contains("defaults"))
    for (const Json& d : json["defaults"])
      option.defaults.push_back({.key = d.at("key"),
                                 .values = typed_from_json(d.at("values")),
                                 .fallback = value_from_json(d.at("default"), option.fallback)});
  return option;
}

}  // namespace elbo::host
