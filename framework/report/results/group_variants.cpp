#include "report/results/read_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/plan.hpp"
#include "report/results/differences.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::report {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t most_settings_told = 4;

/// Runs of one variant, whatever it was called when each was trained: names decide no result.
struct Group {
  std::string variant;   // as the plan of the newest log calls it
  std::string settings;  // all that decides the result, but the seed
  std::vector<LoadedRun*> runs;
  fs::file_time_type newest{};
};

std::string experiment_of(const Group& group) {
  const Json& plan = group.runs[0]->plan;
  return member_or(plan, "experiment", "");
}

fs::path experiment_folder(const LoadedRun& run) { return run.run.log.parent_path().parent_path(); }

/// As somebody in the working folder would write it.
std::string shown(const fs::path& path) {
  const fs::path here = path.lexically_proximate(fs::current_path());
  return here.string().starts_with("..") ? path.string() : here.string();
}

const LoadedRun* of_seed(const Group& group, int64_t seed) {
  const auto found =
      std::find_if(group.runs.begin(), group.runs.end(), [&](const LoadedRun* run) { return run->run.seed == seed; });
  return found == group.runs.end() ? nullptr : *found;
}

bool belong_together(const Group& a, const Group& b) { return a.settings == b.settings; }

fs::file_time_type written(const LoadedRun& run) {
  std::error_code unknown;
  return fs::last_write_time(run.run.log, unknown);
}

/// The group takes over the other one's name where that is newer.
void take_name(Group& group, const Group& other) {
  if (other.newest <= group.newest) return;
  group.variant = other.variant;
  group.newest = other.newest;
}

/// The group before it that has a log which says what this run does.
Group* group_of_original(const LoadedRun& run, const Group& like, std::vector<Group>& groups) {
  for (Group& group : groups) {
    const LoadedRun* other = belong_together(group, like) ? of_seed(group, run.run.seed) : nullptr;
    if (other && same_numbers(other->run, run.run)) return &group;
  }
  return nullptr;
}

std::string copy_note(const LoadedRun& copy, const LoadedRun& original) {
  const std::string name =
      copy.run.variant == original.run.variant ? "" : fmt::format(", which '{}' is another name of", copy.run.variant);
  return fmt::format("{} is left out: the numbers are those of {}{}", shown(copy.run.log), shown(original.run.log),
                     name);
}

/// A group for each variant and folder, no seed twice in one. Runs without a result tell nothing apart.
std::vector<Group> groups_of_folders(std::vector<LoadedRun>& all, std::vector<Copy>& copies,
                                     std::vector<std::string>& notes) {
  std::vector<Group> groups;
  for (LoadedRun& run : all) {
    if (!run.run.summary) continue;
    std::string settings = settings_of(run.plan);
    if (settings.empty()) settings = run.run.variant;  // nothing but the name is known
    Group alone{run.run.variant, std::move(settings), {&run}, written(run)};
    if (Group* group = group_of_original(run, alone, groups)) {
      const LoadedRun* original = of_seed(*group, run.run.seed);
      copies.push_back({run.run.log, original->run.log});
      notes.push_back(copy_note(run, *original));
      take_name(*group, alone);
      continue;
    }
    const auto home = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return belong_together(group, alone) && experiment_folder(*group.runs[0]) == experiment_folder(run) &&
             !of_seed(group, run.run.seed);
    });
    if (home == groups.end()) {
      groups.push_back(std::move(alone));
      continue;
    }
    home->runs.push_back(&run);
    take_name(*home, alone);
  }
  return groups;
}

/// Seeds from several folders are one variant's, as long as no seed has two results.
std::vector<Group> joined(const std::vector<Group>& groups) {
  std::vector<Group> wider;
  for (const Group& group : groups) {
    const auto fits = [&](const Group& into) {
      return belong_together(into, group) &&
             std::none_of(group.runs.begin(), group.runs.end(),
                          [&](const LoadedRun* run) { return of_seed(into, run->run.seed); });
    };
    const auto into = std::find_if(wider.begin(), wider.end(), fits);
    if (into == wider.end()) {
      wider.push_back(group);
      continue;
    }
    into->runs.insert(into->runs.end(), group.runs.begin(), group.runs.end());
    take_name(*into, group);
  }
  return wider;
}

/// "likelihood:gaussian was rebuilt (...)", "train.optimizer.lr is 0.01, not 0.001"
std::vector<std::string> run_differences(const LoadedRun& first, const LoadedRun& other) {
  std::vector<std::string> sentences;
  const Json table = settings_diff({{"first", first.plan}, {"other", other.plan}});
  const auto& settings = table["settings"];
  const auto said = [](const Json& value) { return value.is_null() ? "not said" : value.dump(); };
  for (size_t i = 0; i < settings.size() && i < most_settings_told; ++i)
    sentences.push_back(fmt::format("{} is {}, not {}", settings[i].get<std::string>(),
                                    said(table["rows"][1]["values"][i]), said(table["rows"][0]["values"][i])));
  if (settings.size() > most_settings_told)
    sentences.push_back(fmt::format("{} more settings differ", settings.size() - most_settings_told));
  try {
    for (std::string& sentence : hidden_changes(run_from_json(first.plan), run_from_json(other.plan)))
      sentences.push_back(sentence);
  } catch (const std::exception&) {
    sentences.push_back("one of them is a plan of another version of the program");
  }
  return sentences;
}

std::string how_it_differs(const Group& first, const Group& other) {
  const fs::path folder = experiment_folder(*other.runs[0]);
  std::string text =
      fmt::format("{} (in {}) is not {}: ", other.runs[0]->run.variant, shown(folder), first.runs[0]->run.variant);
  if (first.settings == other.settings)
    return text +
           "the settings and seeds are the same but the numbers are not, so another program or machine made them";
  const auto sentences = run_differences(*first.runs[0], *other.runs[0]);
  return text + (sentences.empty() ? "what is logged differs" : join(sentences, "; "));
}

/// The name, with a number where another variant has it: one that the user called "gaussian #2" too.
std::string free_name(const std::string& name, std::set<std::string>& taken) {
  std::string free = name;
  for (int number = 2; !taken.insert(free).second; ++number) free = fmt::format("{} #{}", name, number);
  return free;
}

/// Gives the groups of one name their own: with the experiment where that helps, with a number where it does not.
void name_apart(const std::vector<Group*>& groups, std::set<std::string>& taken, std::vector<std::string>& notes) {
  std::set<std::string> experiments;
  for (const Group* group : groups) experiments.insert(experiment_of(*group));
  for (Group* group : groups) {
    const std::string experiment = experiments.size() > 1 ? experiment_of(*group) : "";
    group->variant = free_name(experiment.empty() ? group->variant : experiment + ": " + group->variant, taken);
    for (LoadedRun* run : group->runs) run->run.variant = group->variant;
  }
  for (size_t i = 1; i < groups.size(); ++i) notes.push_back(how_it_differs(*groups[0], *groups[i]));
}

/// A run without a result that has the name of a variant is a seed of the one with its settings; of none, it gets a name of its own.
void name_unfinished(const std::map<std::string, std::vector<Group*>>& by_name, std::vector<LoadedRun>& all,
                     std::set<std::string>& taken) {
  std::map<std::string, std::string> own;  // by settings
  for (LoadedRun& run : all) {
    const std::string settings = run.run.summary ? "" : settings_of(run.plan);
    const auto named = by_name.find(run.run.variant);
    if (settings.empty() || named == by_name.end()) continue;
    const auto group = std::find_if(named->second.begin(), named->second.end(),
                                    [&](const Group* one) { return one->settings == settings; });
    if (group == named->second.end() && !own.contains(settings))
      own[settings] = free_name(member_or(run.plan, "experiment", "") + ": " + run.run.variant, taken);
    run.run.variant = group == named->second.end() ? own[settings] : (*group)->variant;
  }
}

/// Sweeps over the same keys in several experiments are several sweeps.
void name_sweeps_apart(std::vector<LoadedRun>& all) {
  std::map<std::string, std::set<std::string>> experiments;  // of each sweep
  const auto experiment = [](const LoadedRun& run) { return member_or(run.plan, "experiment", ""); };
  for (const LoadedRun& run : all)
    if (!run.run.sweep.name.empty()) experiments[run.run.sweep.name].insert(experiment(run));
  for (LoadedRun& run : all)
    if (experiments[run.run.sweep.name].size() > 1) run.run.sweep.name += " in " + experiment(run);
}

/// A number of one name may have been measured in another way.
std::string different_programs(const std::vector<RunOutcome>& runs) {
  std::map<std::string, std::set<std::string>> variants;  // of each version
  for (const RunOutcome& run : runs)
    if (run.summary && !run.program.empty()) variants[run.program].insert(run.variant);
  if (variants.size() < 2) return "";
  std::vector<std::string> each;
  for (const auto& [program, names] : variants)
    each.push_back(fmt::format("elbo {} ({})", program, join({names.begin(), names.end()})));
  return "these logs were written by " + join(each, " and ") +
         ", which may measure numbers of one name differently; train them again with one version to be sure";
}

}  // namespace

std::string settings_of(const Json& plan) {
  if (!plan.is_object() || !plan.contains("variant")) return "";
  nlohmann::json identity = identity_of(plan);
  identity.erase("seed");
  return identity.dump();
}

LoadedRuns group_variants(std::vector<LoadedRun> all) {
  LoadedRuns loaded;
  std::vector<std::string> copy_notes;
  std::vector<Group> groups = joined(groups_of_folders(all, loaded.copies, copy_notes));
  std::map<std::string, std::vector<Group*>> by_name;
  for (Group& group : groups) {
    by_name[group.variant].push_back(&group);
    for (LoadedRun* run : group.runs) {
      if (run->run.variant != group.variant)
        loaded.notes.push_back(
            fmt::format("{} is called {}: the settings of the two are the same", shown(run->run.log), group.variant));
      run->run.variant = group.variant;
    }
  }
  std::set<std::string> taken;
  for (const auto& [name, same] : by_name)
    if (same.size() == 1) taken.insert(name);
  for (const auto& [name, same] : by_name)
    if (same.size() > 1) name_apart(same, taken, loaded.notes);
  name_unfinished(by_name, all, taken);
  name_sweeps_apart(all);
  loaded.notes.insert(loaded.notes.end(), copy_notes.begin(), copy_notes.end());
  std::set<fs::path> copied;
  for (const Copy& copy : loaded.copies) copied.insert(copy.log);
  for (LoadedRun& one : all)
    if (!copied.contains(one.run.log)) loaded.runs.push_back(std::move(one.run));
  if (std::string note = different_programs(loaded.runs); !note.empty()) loaded.notes.push_back(std::move(note));
  return loaded;
}

}  // namespace elbo::host::report
