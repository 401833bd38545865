#include "launch/renamed_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "launch/run_folder.hpp"
#include "log/names.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// "-seed1-0123abcd": what the folder of a run has after its name.
std::string end_of(const std::string& folder) { return folder.substr(std::min(folder.rfind("-seed"), folder.size())); }

Json plan_in(const fs::path& folder) {
  std::error_code error;
  const fs::path file = folder / "run.json";
  return fs::exists(file, error) ? Json::parse(read_file(file), nullptr, false) : Json();
}

bool is_of(const fs::path& folder, const Run& run) {
  const Json plan = plan_in(folder);
  return plan.is_object() && plan.value("id", "") == run.id();
}

std::multimap<std::string, fs::path> folders_by_end(const fs::path& out) {
  std::multimap<std::string, fs::path> folders;
  for (const auto& entry : fs::directory_iterator(out))
    if (entry.is_directory()) folders.emplace(end_of(entry.path().filename().string()), entry.path());
  return folders;
}

/// Where the run is under another name, a finished one first; empty when it is nowhere.
fs::path former_folder(const Run& run, const std::multimap<std::string, fs::path>& folders) {
  fs::path found;
  const auto [first, last] = folders.equal_range(end_of(run.folder()));
  for (auto it = first; it != last; ++it)
    if (is_of(it->second, run) && (found.empty() || RunFolder(it->second).state() == RunState::done))
      found = it->second;
  return found;
}

void correct_names(const RunFolder& folder, const Run& run) {
  const std::string plan = to_json(run).dump(2);
  for (const fs::path& log : {folder.log(), folder.partial_log()})
    if (fs::exists(log)) log::set_names(log, run.title(), plan);
  if (folder.state() == RunState::done) folder.mark_done(folder.seconds());  // the hash of the log is another one now
  write_atomically(folder.path() / "run.json", plan + "\n");
}

void must_be_at_rest(const fs::path& folder, const Run& run, const std::function<bool(const std::string&)>& is_queued) {
  const RunState state = RunFolder(folder).state();
  const bool has_ended = state == RunState::done || state == RunState::failed;
  if (is_locked(folder) || (!has_ended && is_queued(folder.filename().string())))
    throw UserError(
        fmt::format("variant '{}': its run with seed {} is at work under a former name, in {}; wait for it, or give "
                    "the variant that name again",
                    run.variant, run.seed, folder.string()));
}

}  // namespace

std::vector<std::string> rename_known_runs(const Plan& plan, const fs::path& out,
                                           const std::function<bool(const std::string& folder)>& is_queued) {
  std::vector<std::string> sentences;
  const auto folders = folders_by_end(out);
  for (const Run& run : plan.runs) {
    const fs::path folder = out / run.folder();
    const fs::path former = fs::exists(folder) ? folder : former_folder(run, folders);
    const Json names = former.empty() ? Json() : plan_in(former);
    if (!names.is_object() ||
        (names.value("variant", "") == run.variant && names.value("experiment", "") == run.experiment))
      continue;
    must_be_at_rest(former, run, is_queued);
    if (former != folder) fs::rename(former, folder);
    correct_names(RunFolder(folder), run);
    const std::string sentence =
        names.value("variant", "") == run.variant
            ? fmt::format("experiment '{}' is called '{}' now", names.value("experiment", ""), run.experiment)
            : fmt::format("variant '{}' is called '{}' now", names.value("variant", ""), run.variant);
    if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
  }
  return sentences;
}

}  // namespace elbo::launch
