#include "log/upkeep/merged.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "log/upkeep/edit.hpp"
#include "metrics/summary.hpp"

namespace elbo::host::log {
namespace {

constexpr const char* results_convention = "CF-1.10, elbo-results-1";

using Field = std::function<std::string(const MergedRun&)>;

std::vector<std::string> column(const std::vector<MergedRun>& runs, const Field& field) {
  std::vector<std::string> values;
  for (const MergedRun& run : runs) values.push_back(field(run));
  return values;
}

void add_runs(h5::File& file, const std::vector<MergedRun>& runs) {
  file.group("/runs");
  file.dimension("/runs/run", runs.size(), "run of the plan");
  const auto add = [&](const char* name, const char* long_name, const Field& field) {
    file.texts(std::string("/runs/") + name, column(runs, field), "run", long_name);
  };
  add("variant", "variant of the experiment", [](const MergedRun& run) { return run.variant; });
  add("id", "hash of all that decides the result", [](const MergedRun& run) { return run.id; });
  add("folder", "folder of the run", [](const MergedRun& run) { return run.folder; });
  add("state", "done, failed or missing", [](const MergedRun& run) { return run.state; });
  add("failure", "why it failed", [](const MergedRun& run) { return run.failure; });
  add("not_ranked", "why it stands in no ranking though it is done",
      [](const MergedRun& run) { return run.not_ranked; });
  std::vector<int64_t> seeds;
  for (const MergedRun& run : runs) seeds.push_back(run.seed);
  file.dataset("/runs/seed",
               {.type = H5T_STD_I64LE, .shape = {runs.size()}, .dims = {"run"}, .units = "1", .long_name = "seed"})
      .write<int64_t>(0, seeds);
}

/// Every name that any run has, in alphabetical order.
template <class Map>
std::set<std::string> names_in(const std::vector<MergedRun>& runs, Map RunSummary::* part) {
  std::set<std::string> names;
  for (const MergedRun& run : runs)
    if (run.summary)
      for (const auto& [name, value] : (*run.summary).*part) names.insert(name);
  return names;
}

double number_of(const MergedRun& run, const std::string& name) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!run.summary) return nan;
  const auto found = run.summary->values.find(name);
  return found == run.summary->values.end() ? nan : found->second;
}

std::string text_of(const MergedRun& run, const std::string& name) {
  if (!run.summary) return "";
  const auto found = run.summary->texts.find(name);
  return found == run.summary->texts.end() ? "" : found->second;
}

void add_summary(h5::File& file, const std::vector<MergedRun>& runs) {
  file.group("/summary");
  file.dimension("/summary/run", runs.size(), "run of the plan");
  for (const std::string& name : names_in(runs, &RunSummary::values)) {
    std::vector<double> values;
    for (const MergedRun& run : runs) values.push_back(number_of(run, name));
    const Metric* metric = find_metric(name);
    file.dataset("/summary/" + name,
                 {.type = H5T_IEEE_F64LE,
                  .shape = {runs.size()},
                  .dims = {"run"},
                  .units = metric ? metric->unit : "",
                  .long_name = metric ? metric->long_name : name + "; the runs' logs say its units"})
        .write<double>(0, values);
  }
  for (const std::string& name : names_in(runs, &RunSummary::texts))
    file.texts("/summary/" + name, column(runs, [&](const MergedRun& run) { return text_of(run, name); }), "run", name);
}

/// A column of numbers below /settings.
template <class T>
void add_column(h5::File& file, const std::string& name, hid_t type, const std::vector<T>& values) {
  file.dataset("/settings/" + name, {.type = type,
                                     .shape = {values.size()},
                                     .dims = {"run"},
                                     .units = "1",
                                     .long_name = name + " of the experiment file"})
      .template write<T>(0, values);
}

void add_settings(h5::File& file, size_t runs, const std::vector<MergedSetting>& settings) {
  file.group("/settings");
  file.dimension("/settings/run", runs, "run of the plan");
  for (const MergedSetting& setting : settings) {
    std::string name = setting.name;
    std::replace(name.begin(), name.end(), '/', '_');
    if (const auto* texts = std::get_if<std::vector<std::string>>(&setting.values))
      file.texts("/settings/" + name, *texts, "run", name + " of the experiment file");
    if (const auto* flags = std::get_if<std::vector<uint8_t>>(&setting.values))
      add_column(file, name, H5T_STD_U8LE, *flags);
    if (const auto* integers = std::get_if<std::vector<int64_t>>(&setting.values))
      add_column(file, name, H5T_STD_I64LE, *integers);
    if (const auto* numbers = std::get_if<std::vector<double>>(&setting.values))
      add_column(file, name, H5T_IEEE_F64LE, *numbers);
  }
}

}  // namespace

void write_merged(const std::filesystem::path& path, const std::string& experiment, const std::vector<MergedRun>& runs,
                  const std::vector<MergedSetting>& settings) {
  create_file(path, [&](h5::File& file) {
    const auto in_state = [&](const char* state) {
      return std::to_string(
          std::count_if(runs.begin(), runs.end(), [&](const MergedRun& run) { return run.state == state; }));
    };
    file.attribute("/", "Conventions", results_convention);
    file.attribute("/", "title", experiment);
    for (const char* state : {"done", "failed", "missing"}) file.attribute("/", state, in_state(state));
    add_runs(file, runs);
    add_summary(file, runs);
    if (!settings.empty()) add_settings(file, runs.size(), settings);
  });
}

}  // namespace elbo::host::log
