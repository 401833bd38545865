#include "plan/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "base/value_json.hpp"
#include "data/audit/values.hpp"
#include "data/description.hpp"
#include "data/factors.hpp"
#include "experiment/known_options.hpp"
#include "metrics/evaluation.hpp"
#include "observation/observation_model.hpp"
#include "plan/run.hpp"
#include "plan/run_identity.hpp"
#include "plan/variant_checks.hpp"

namespace elbo::host {
namespace fs = std::filesystem;

using experiment::Node;
using experiment::Table;
using experiment::Where;
namespace {

constexpr const char* default_objective = "elbo";  // where an experiment names none

/// The table at a key; an empty one that stands at its parent where there is none.
Table table_at(const Table& parent, const std::string& key, experiment::Faults& faults) {
  const Node* node = parent.find(key);
  if (const Table* table = node ? std::get_if<Table>(&node->value) : nullptr) return *table;
  if (node)
    faults.add(node->where,
               key + " is " + to_string(*node) + ", " + type_name(*node) + "; expected a table, as in [" + key + "]");
  Table none;
  none.where = parent.where;
  return none;
}

/// A relative path in a file is meant from the file's folder, one on the command line from where the user stands.
std::string from_file(const Node* written, const std::string& path) {
  if (!written || path.empty()) return path;
  const fs::path base = written->where.line ? fs::path(written->where.source).parent_path() : fs::path();
  return fs::absolute(base / path).lexically_normal().string();
}

std::string string_at(const Table& table, const std::string& section, const char* key, experiment::Faults& faults) {
  const Node* node = table.find(key);
  const auto* text = node ? std::get_if<std::string>(&node->value) : nullptr;
  if (node && !text)
    faults.add(node->where,
               section + "." + key + " is " + to_string(*node) + ", " + type_name(*node) + "; expected a string");
  return text ? *text : "";
}

/// [dataset] train_path, beside test_path, is another name of path.
Table with_path(Table variant, experiment::Faults& faults) {
  const Node* found = variant.find("dataset");
  const Table* given = found ? std::get_if<Table>(&found->value) : nullptr;
  if (!given || !given->find("train_path")) return variant;
  Table dataset = *given;
  if (const Node* path = dataset.find("path"))
    faults.add(path->where, "dataset has both path and train_path, which are one; expected one of them; leave one out");
  for (experiment::Entry entry : given->entries())
    if (entry.key == "train_path") entry.key = "path", dataset.set(entry);
  dataset.erase("train_path");
  const Table before = variant;
  for (experiment::Entry entry : before.entries())
    if (entry.key == "dataset") entry.node.value = dataset, variant.set(entry);
  return variant;
}

/// A file that gives a number of importance samples means the estimate that has one.
void mean_importance_weights(experiment::Section& evaluate) {
  if (!evaluate.table.find("importance_samples") || evaluate.table.find("evidence")) return;
  for (Setting& setting : evaluate.settings)
    if (setting.name == "evidence") setting.value = std::string("importance");
}

}  // namespace

Where where_of(const Table& table, const char* key) {
  const Node* node = table.find(key);
  return node ? node->where : table.where;
}

Run Resolver::run_of(const Table& given) {
  const Table variant = with_path(given, faults_);
  Run run;
  run.latent_dim =
      experiment::read_config<experiment::ModelConfig>(variant, "", faults_, experiment::sections).latent_dim;
  const auto around = read_sections(variant, run);
  const plugins::PluginDescription* likelihood = nullptr;
  for_each_plugin(run, [&](const char* kind, PluginChoice& choice) {
    choice.kind = kind;
    const plugins::PluginDescription* description = read_plugin(table_at(variant, kind, faults_), kind, choice, around);
    if (choice.kind == "likelihood") likelihood = description;
    if (description && description->objective) run.objective_summary = *description->objective;
  });
  const Table section = table_at(variant, "dataset", faults_);
  const Data* data = find_data(run.data, section);
  if (data && check_data_settings(section, *data, run.data)) data = find_data(run.data, section);
  if (data) {
    run.data_record = data->record;
    check_metrics(table_at(variant, "evaluate", faults_), *data, run.evaluate);
    check_steps_logged(variant, *data, run);
    check_accumulation(table_at(variant, "train", faults_), data->sizes.train, run.train);
    const Table table = table_at(variant, "likelihood", faults_);
    std::vector<const plugins::PluginDescription*> parts;
    if (likelihood && likelihood->contains_likelihoods)
      parts = read_parts(table, data::column_names(*data->description), run.likelihood);
    if (likelihood) check_support(*likelihood, parts, *data, run.data, where_of(table, "plugin"));
  }
  return run;
}

std::vector<experiment::Section> Resolver::read_sections(const Table& variant, Run& run) {
  const Table train = table_at(variant, "train", faults_);
  const auto above = [&](const std::string& section) -> const Table& {
    return is_below_train(section) ? train : variant;
  };
  const size_t faults_before = faults_.count();
  static const std::vector<std::string> below_train = {"optimizer", "schedule", "early_stopping"}, none;
  std::vector<experiment::Section> sections;
  for_each_section(run, [&](const std::string& key, const auto& config) {
    const auto& declared = known_options<std::decay_t<decltype(config)>>().list();
    sections.push_back({section_title(key), declared, {}, table_at(above(key), key, faults_)});
    experiment::Section& section = sections.back();
    section.settings =
        experiment::read_options(section.table, section.name, declared, key == "train" ? below_train : none, faults_);
    if (key == "dataset" && faults_.count() == faults_before) count_own_validation_data(section.settings);
    if (key == "evaluate") mean_importance_weights(section);
  });
  const auto all_right = [&] { return faults_.count() == faults_before; };
  if (all_right()) check_effects(sections, faults_);
  set_sections(sections, run);
  const Table dataset = table_at(variant, "dataset", faults_);
  for (auto [key, path] :
       {std::pair("path", &run.data.path), {"test_path", &run.data.test_path}, {"valid_path", &run.data.valid_path}})
    *path = from_file(dataset.find(key), *path);
  const Table train_table = table_at(variant, "train", faults_);
  run.train.start_from = from_file(train_table.find("start_from"), run.train.start_from);
  run.start_weights = weights_at(train_table, run.train);
  if (all_right())
    for (const auto& [section, sentence] : contradictions(run))
      faults_.add(where_of(above(section), section.c_str()), sentence);
  const auto& of_model = known_options<experiment::ModelConfig>();
  sections.push_back({"", of_model.list(), of_model.settings({run.latent_dim}), variant});
  static const std::vector<Option> of_objective = {
      {.name = "plugin", .doc = "what is maximised", .fallback = std::string(default_objective)}};
  const Table objective = table_at(variant, "objective", faults_);
  sections.push_back({"objective",
                      of_objective,
                      {{"plugin", objective.find("plugin") ? string_at(objective, "objective", "plugin", faults_)
                                                           : default_objective}},
                      objective});
  return sections;
}

const plugins::PluginDescription* Resolver::read_plugin(const Table& table, const std::string& section,
                                                        PluginChoice& choice,
                                                        std::span<const experiment::Section> around) {
  choice.name = string_at(table, section, "plugin", faults_);
  choice.path = from_file(table.find("path"), string_at(table, section, "path", faults_));
  if (choice.kind == "objective" && choice.path.empty() && !table.find("plugin")) choice.name = default_objective;
  if (choice.name.empty() && choice.path.empty()) {
    const Node* named = table.find("plugin");
    if (!named || std::holds_alternative<std::string>(named->value))
      faults_.add(named ? named->where : table.where,
                  "no " + choice.kind + "; expected a section [" + section + "] with plugin = \"...\"");
    return nullptr;
  }
  const plugins::PluginDescription* description = ask(choice, where_of(table, choice.name.empty() ? "path" : "plugin"));
  if (!description) return nullptr;
  choice.name = description->found.name;
  choice.path = description->found.path;
  choice.sha256 = description->sha256;
  std::vector<std::string> beside = {"plugin", "path"};
  if (description->contains_likelihoods) beside.insert(beside.end(), {"columns", "rest"});
  choice.settings = experiment::read_effective_options(table, section, description->options, beside, faults_, around);
  return description;
}

const plugins::PluginDescription* Resolver::ask(const PluginChoice& choice, const Where& where) {
  auto [at, is_new] = plugins_.try_emplace({choice.kind, choice.name, choice.path.string()});
  auto& outcome = at->second;
  if (is_new) {
    try {
      outcome.value = describe_(choice.kind, choice.name, choice.path);
    } catch (const UserError& e) {
      outcome.fault = e.what();
    }
  }
  if (!outcome.value) faults_.add(where, outcome.fault);
  return outcome.value ? &*outcome.value : nullptr;
}

bool Resolver::check_data_settings(const Table& dataset, const Data& data, DataConfig& config) {
  const auto layer_of = [&](const std::string& key) {
    for (const experiment::Entry& entry : dataset.entries())
      if (entry.key == key) return entry.layer;
    return -1;
  };
  const auto& options = known_options<DataConfig>();
  std::vector<Setting> settings;
  for (const auto& [key, why] : data::settings_without_effect(*data.description, config)) {
    const Node* given = dataset.find(key);
    if (!given) continue;
    if (std::max(layer_of("name"), layer_of("path")) <= layer_of(key)) {
      faults_.add(given->where,
                  fmt::format("dataset.{} is {}, which has no effect: {}; leave it out", key, to_string(*given), why));
      continue;
    }
    if (settings.empty()) settings = options.settings(config);  // it belonged to the data that these replace
    for (size_t i = 0; i < settings.size(); ++i)
      if (settings[i].name == key) settings[i].value = options.list()[i].fallback;
  }
  if (settings.empty()) return false;
  config = options.config(settings);
  return true;
}

void Resolver::check_metrics(const Table& evaluate, const Data& data, const EvaluateConfig& config) {
  if (config.metrics.empty()) return;
  const data::Description& d = *data.description;
  const auto refuse = [&](bool Evaluation::* needs, const std::string& missing, const std::string& expected) {
    for (const std::string& metric : config.metrics)
      if (const Evaluation* one = find_evaluation(metric); one && one->*needs)
        faults_.add(where_of(evaluate, "metrics"),
                    fmt::format("evaluate.metrics has \"{}\", and {} has no {}; expected {}; leave it out", metric,
                                d.name, missing, expected));
  };
  const bool has_factors = data::has_factors(d);
  if (!has_factors)
    refuse(&Evaluation::needs_factors, "known factors",
           "dataset.factors, or data made from some, as dataset.name = \"sprites\"");
  const bool has_labels = has_factors || data::has_labels(d);
  if (!has_labels) refuse(&Evaluation::needs_labels, "labels", "data with one label each, as with dataset.labels");
}

void Resolver::check_steps_logged(const Table& variant, const Data& data, const Run& run) {
  const auto entry_at = [&](const char* section, const std::string& key) {
    const Node* node = variant.find(section);
    const Table* table = node ? std::get_if<Table>(&node->value) : nullptr;
    for (size_t i = 0; table && i < table->entries().size(); ++i)
      if (table->entries()[i].key == key) return &table->entries()[i];
    return static_cast<const experiment::Entry*>(nullptr);
  };
  const auto *given = entry_at("log", "steps_every"), *epochs = entry_at("train", "max_epochs");
  const int64_t each = (data.sizes.train + data_in_a_step(run.train) - 1) / data_in_a_step(run.train);
  const bool is_reached =
      static_cast<double>(run.log.steps_every) <= static_cast<double>(each) * static_cast<double>(run.train.max_epochs);
  if (!given || is_reached || (epochs && epochs->layer > given->layer)) return;
  faults_.add(given->node.where,
              fmt::format("log.steps_every is {}, and {} epochs of {} steps have no such step; expected at most {}; "
                          "lower it or raise train.max_epochs",
                          run.log.steps_every, run.train.max_epochs, each, each * run.train.max_epochs));
}

void Resolver::check_accumulation(const Table& train, int64_t rows, const TrainConfig& config) {
  if (config.accumulate == 1 || config.batch_size < rows) return;
  faults_.add(where_of(train, "accumulate"),
              fmt::format("train.accumulate is {}, and the {} training data are one batch (train.batch_size = {}), so "
                          "there is nothing to accumulate; lower batch_size or leave accumulate out",
                          config.accumulate, rows, config.batch_size));
}

void Resolver::check_support(const plugins::PluginDescription& likelihood,
                             const std::vector<const plugins::PluginDescription*>& parts, const Data& data,
                             const DataConfig& config, const Where& where) {
  auto support = likelihood.support;
  bool has_interval = likelihood.has_interval_log_prob;
  if (!parts.empty()) {
    support = parts.front()->support;
    has_interval = true;
    for (const plugins::PluginDescription* part : parts) {
      if (!part->support) return;
      if (part->support != support) support = Support::mixed;
      has_interval = has_interval && part->has_interval_log_prob;
    }
  }
  if (!support) return;  // it could not be made with its defaults; the run itself will say why
  std::vector<const void*> asked = {&likelihood, &data};
  asked.insert(asked.end(), parts.begin(), parts.end());
  if (supported_.contains(asked)) return;
  Observation stored{data.description->shape, data.description->support, data.description->levels};
  for (const std::string& name : data::column_names(*data.description)) stored.columns.push_back({name});
  try {
    observation::observation_model(stored, *support, has_interval, config, likelihood.found.name);
    supported_.insert(std::move(asked));
  } catch (const UserError& e) {
    const auto names = likelihoods_ ? fitting(likelihoods_(), stored, config) : std::vector<std::string>();
    faults_.add(where, e.what() + (names.empty() ? "" : ": " + join(names)));
  }
}

}  // namespace elbo::host
