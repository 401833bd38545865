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

std::string title_of(const std::string& pointer) {
  std::string title = section_title(pointer.substr(1, pointer.find('/', 1) - 1));
  for (size_t at = pointer.find('/', 1); at < pointer.size();) {
    const size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    const std::string part = pointer.substr(at + 1, end - at - 1);
    if (part != "settings") title += "." + part;
    at = end;
  }
  return title;
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

std::vector<std::string> differences(const Run& a, const Run& b) {
  const nlohmann::json of_a = nlohmann::json(to_json(a)).flatten(), of_b = nlohmann::json(to_json(b)).flatten();
  std::set<std::string> pointers;
  for (const nlohmann::json* json : {&of_a, &of_b})
    for (const auto& [pointer, value] : json->items()) pointers.insert(pointer);
  for (const char* name : {"/experiment", "/description", "/variant", "/seed", "/id"}) pointers.erase(name);
  std::erase_if(pointers, [](const std::string& pointer) {
    return pointer.starts_with("/data_") || pointer.starts_with("/sweep") || pointer.starts_with("/objective_facts");
  });
  const auto at = [](const nlohmann::json& json, const std::string& pointer) {
    return json.contains(pointer) ? json[pointer].dump() : "none";
  };
  std::vector<std::string> found;
  for (const std::string& pointer : pointers)
    if (const std::string x = at(of_a, pointer), y = at(of_b, pointer); x != y)
      found.push_back(fmt::format("{} ({} and {})", title_of(pointer), x, y));
  return found;
}

}  // namespace elbo
