#include "launch/watch_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace elbo::host::launch {
namespace {

std::string line_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool has_ended(Phase phase) { return phase == Phase::done || phase == Phase::failed; }

}  // namespace

JsonWatch::JsonWatch(std::filesystem::path folder, std::ostream& out) : folder_(std::move(folder)), out_(out) {
  read_plan_again();
}

void JsonWatch::read_plan_again() {
  std::error_code none;
  const auto time = std::filesystem::last_write_time(folder_ / "plan.json", none);
  if (!experiment_.runs.empty() && time == plan_time_) return;
  experiment_ = read_planned(folder_);
  plan_time_ = time;
}

bool JsonWatch::look() {
  read_plan_again();
  bool all_ended = true;
  for (const PlannedRun& run : experiment_.runs) {
    const auto known = phases_.find(run.folder);
    if (known != phases_.end() && has_ended(known->second)) continue;
    const RunStatus now = read_run_status(folder_, run);
    phases_[run.folder] = now.phase;
    all_ended = all_ended && has_ended(now.phase);
    nlohmann::ordered_json json = {{"event", "run"}, {"experiment", experiment_.name}};
    json.update(to_json(now));
    if (now.phase == Phase::done) json["seconds"] = RunFolder(folder_ / run.folder).seconds();
    std::string line = line_of(json);
    if (std::string& before = written_[run.folder]; before != line) out_ << (before = std::move(line)) << '\n';
  }
  if (all_ended) {
    nlohmann::ordered_json counts;
    for (const Phase phase : {Phase::done, Phase::failed})
      counts[name_of(phase)] =
          std::count_if(phases_.begin(), phases_.end(), [&](const auto& one) { return one.second == phase; });
    out_ << line_of({{"event", "end"}, {"experiment", experiment_.name}, {"counts", counts}}) << '\n';
  }
  out_ << std::flush;
  return !all_ended;
}

}  // namespace elbo::host::launch
