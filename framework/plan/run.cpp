#include "plan/run.hpp"

#include <elbo/error.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/value_json.hpp"
#include "experiment/applicability.hpp"
#include "experiment/known_options.hpp"
#include "plan/typed_value.hpp"

namespace elbo::host {
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t longest_slug = 100;  // folders must stay below the file system's limit on names

Json typed_json(const Value& value) {
  if (const char* type = empty_list_type(value)) return {{"empty_list_of", type}};
  return to_json(value);
}

Value empty_list(const std::string& type) {
  if (type == list_names[0]) return std::vector<int64_t>();
  if (type == list_names[1]) return std::vector<double>();
  if (type == list_names[2]) return std::vector<std::string>();
  throw Error("'" + type + "' is not a type of lists");
}

Value typed_value(const Json& json) {
  if (json.is_object()) return empty_list(json.at("empty_list_of"));
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  const Json& first = json.at(0);
  if (first.is_number_integer()) return json.get<std::vector<int64_t>>();
  if (first.is_number_float()) return json.get<std::vector<double>>();
  return json.get<std::vector<std::string>>();
}

Json plugin_json(const PluginChoice& choice) {
  Json settings = Json::object();
  for (const Setting& s : choice.settings) settings[s.name] = typed_json(s.value);
  Json json = {
      {"plugin", choice.name}, {"path", choice.path.string()}, {"sha256", choice.sha256}, {"settings", settings}};
  for (const PluginPart& part : choice.parts) {
    Json one = plugin_json(part.choice);
    one["name"] = part.name;
    one["columns"] = part.columns;
    json["parts"].push_back(one);
  }
  return json;
}

PluginChoice plugin_of(const std::string& kind, const Json& json) {
  PluginChoice choice{kind, json.at("plugin"), json.at("path").get<std::string>(), json.at("sha256"), {}};
  for (const auto& [name, value] : json.at("settings").items()) choice.settings.push_back({name, typed_value(value)});
  if (json.contains("parts"))
    for (const Json& part : json["parts"])
      choice.parts.push_back({part.at("name"), part.at("columns"), plugin_of(kind, part)});
  return choice;
}

Json sweep_json(const SweepPoint& point) {
  Json json = {{"of", point.of}, {"keys", point.keys}, {"points", point.points}};
  if (point.trial > 0) json["trial"] = point.trial;
  if (!point.rungs.empty()) json.update({{"rungs", point.rungs}, {"reduction_factor", point.reduction_factor}});
  return json;
}

SweepPoint sweep_point_of(const Json& json) {
  return {.of = json.at("of"),
          .keys = json.at("keys"),
          .points = json.value("points", int64_t{0}),
          .trial = json.value("trial", int64_t{0}),
          .rungs = json.value("rungs", std::vector<int64_t>()),
          .reduction_factor = json.value("reduction_factor", int64_t{0})};
}

Run read(const Json& json) {
  Run run;
  run.experiment = json.at("experiment");
  run.description = json.at("description");
  run.variant = json.at("variant");
  if (json.contains("sweep")) run.sweep = sweep_point_of(json["sweep"]);
  run.seed = json.at("seed");
  run.seed_rule = seed_rule_in(json);
  run.latent_dim = json.at("latent_dim");
  run.start_weights = json.value("start_weights", "");
  run.data_record = data::data_record_from_json(json.at("data_record"));
  if (run.data_record.fingerprint() != json.at("data_fingerprint").get<std::string>())
    throw Error(
        "run: its record of the data contradicts their fingerprint; expected what this program wrote; plan it again "
        "with elbo run");
  for_each_plugin(run, [&](const char* kind, PluginChoice& choice) { choice = plugin_of(kind, json.at(kind)); });
  run.objective_summary = plugins::objective_summary_from_json(json.at("objective_facts"));
  for_each_section(run, [&](const char* name, auto& config) {
    const auto& options = known_options<std::decay_t<decltype(config)>>();
    config = options.config(settings_from_json(json.at(name), options.list()));
  });
  return run;
}

}  // namespace

Json to_json(const Run& run) {
  Json json = {{"experiment", run.experiment},
               {"description", run.description},
               {"variant", run.variant},
               {"seed", run.seed},
               {"id", run.id()},
               {"latent_dim", run.latent_dim},
               {"data_fingerprint", run.data_record.fingerprint()},
               {"data_record", to_json(run.data_record)}};
  if (run.seed_rule) json["seed_rule"] = to_json(known_options<experiment::SeedRule>().settings(*run.seed_rule));
  if (!run.start_weights.empty()) json["start_weights"] = run.start_weights;
  if (!run.sweep.keys.empty()) json["sweep"] = sweep_json(run.sweep);
  for_each_plugin(run, [&](const char* kind, const PluginChoice& choice) { json[kind] = plugin_json(choice); });
  json["objective_facts"] = plugins::to_json(run.objective_summary);
  for_each_section(run, [&](const char* name, const auto& config) {
    json[name] = to_json(known_options<std::decay_t<decltype(config)>>().settings(config));
  });
  return json;
}

Run run_from_json(const Json& json) {
  try {
    return read(json);
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("run: not as this program writes it: ") + reason_of(e));
  }
}

Run parse_run(const std::string& json, const std::string& origin) {
  const Json parsed = parse_json(json, origin);
  try {
    return run_from_json(parsed);
  } catch (const Error& error) {
    throw Error(origin + ": " + error.what());
  }
}

Run read_run(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "run.json";
  return parse_run(read_file(file), file.string());
}

std::optional<experiment::SeedRule> seed_rule_in(const Json& run) {
  if (!run.is_object() || !run.contains("seed_rule")) return {};
  const auto& options = known_options<experiment::SeedRule>();
  return options.config(settings_from_json(run["seed_rule"], options.list()));
}

std::string run_folder_name(const std::string& variant, int64_t seed, const std::string& id) {
  return slug(variant, longest_slug) + "-seed" + std::to_string(seed) + "-" + id.substr(0, 8);
}

std::string Run::folder() const { return run_folder_name(variant, seed, id()); }

std::string Run::title() const { return experiment + ": " + variant + ", seed " + std::to_string(seed); }

std::vector<experiment::Section> sections_of(const Run& run) {
  std::vector<experiment::Section> sections;
  for_each_section(run, [&](const std::string& name, const auto& config) {
    const auto& options = known_options<std::decay_t<decltype(config)>>();
    sections.push_back({section_title(name), options.list(), options.settings(config), {}});
  });
  return sections;
}

void set_sections(const std::vector<experiment::Section>& sections, Run& run) {
  auto section = sections.begin();
  for_each_section(run, [&](const std::string&, auto& config) {
    config = known_options<std::decay_t<decltype(config)>>().config((section++)->settings);
  });
}

}  // namespace elbo::host
