#include "launch/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "launch/progress_text.hpp"
#include "log/collapse.hpp"
#include "metrics/metrics.hpp"

namespace elbo::launch {
using Json = nlohmann::ordered_json;
namespace {

constexpr Phase in_order[] = {Phase::done, Phase::failed, Phase::running, Phase::interrupted, Phase::waiting};

std::string line_of(const RunStatus& run, const std::string& name) {
  if (run.phase == Phase::failed) return name + ": failed" + (run.failure.empty() ? "" : ": " + run.failure);
  if (run.phase == Phase::running) return plain_line(name, run.progress);
  if (run.phase == Phase::done)
    return fmt::format("{}: done, but collapsed: kl {:.2f} nat; its latents say nothing of the data", name,
                       run.progress.terms->second);
  return fmt::format("{}: interrupted after epoch {}/{}", name, run.progress.epoch, run.run.max_epochs);
}

bool has_collapsed(const RunStatus& run) { return run.progress.terms && log::is_collapsed(run.progress.terms->second); }

/// Of runs that are done, only what is remarkable.
bool has_line(const RunStatus& run) { return run.phase != Phase::done || has_collapsed(run); }

Json json_of(const RunStatus& run) {
  Json json = {{"variant", run.run.variant}, {"seed", run.run.seed},        {"id", run.run.id},
               {"folder", run.run.folder},   {"phase", name_of(run.phase)}, {"max_epochs", run.run.max_epochs}};
  if (run.phase == Phase::failed) json["failure"] = run.failure;
  if (has_collapsed(run)) json["collapsed"] = true;
  if (run.phase != Phase::running && run.phase != Phase::interrupted) return json;
  json["epoch"] = run.progress.epoch;
  if (run.progress.has_elbo && std::isfinite(run.progress.elbo)) json[metrics::elbo.name] = run.progress.elbo;
  if (const auto& terms = run.progress.terms; terms && std::isfinite(terms->first) && std::isfinite(terms->second)) {
    json[metrics::reconstruction.name] = terms->first;
    json[metrics::kl.name] = terms->second;
  }
  if (run.progress.per_second > 0) json[metrics::samples_per_second.name] = run.progress.per_second;
  if (run.progress.seconds_left >= 0) json["seconds_left"] = run.progress.seconds_left;
  return json;
}

}  // namespace

std::string display_name(const std::string& variant, int64_t seed, bool one_seed) {
  return one_seed ? variant : fmt::format("{} seed {}", variant, seed);
}

std::string counts_text(const ExperimentStatus& status) {
  std::vector<std::string> parts;
  for (const Phase phase : in_order)
    if (const size_t n = status.count(phase)) parts.push_back(fmt::format("{} {}", n, name_of(phase)));
  return fmt::format("{}: {}", counted(status.runs.size(), "run"), join(parts));
}

std::string status_text(const ExperimentStatus& status, size_t most_lines) {
  std::string text = status.name + ": " + counts_text(status) + "\n";
  for (const Phase phase : {Phase::running, Phase::interrupted, Phase::failed, Phase::done}) {
    size_t lines = 0;
    for (const RunStatus& run : status.runs)
      if (run.phase == phase && has_line(run) && ++lines <= most_lines)
        text += "  " + line_of(run, display_name(run.run.variant, run.run.seed, status.one_seed)) + "\n";
    if (lines > most_lines) text += fmt::format("  ... and {} more {}\n", lines - most_lines, name_of(phase));
  }
  return text;
}

std::string status_json(const ExperimentStatus& status) {
  Json json = {{"experiment", status.name}, {"counts", Json::object()}, {"runs", Json::array()}};
  for (const Phase phase : in_order) json["counts"][name_of(phase)] = status.count(phase);
  for (const RunStatus& run : status.runs) json["runs"].push_back(json_of(run));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace elbo::launch
