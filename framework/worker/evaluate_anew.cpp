#include "worker/evaluate_anew.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "log/provenance.hpp"
#include "metrics/metrics.hpp"
#include "train/trainer.hpp"
#include "train/weights.hpp"
#include "worker/assemble.hpp"
#include "worker/finalize.hpp"
#include "worker/process.hpp"
#include "worker/recorder.hpp"
#include "worker/train_run.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

/// A folder that is being changed, or damaged, is none.
template <class Read>
bool holds(const Read& read) {
  try {
    return read();
  } catch (const std::exception&) {
    return false;
  }
}

bool is_trained_alike(const fs::path& other, const nlohmann::json& training) {
  return holds([&] {
    if (!fs::exists(other / "done.json") || fs::exists(other / partial_log)) return false;
    if (training_identity_of(parse_json(read_file(other / "run.json"), "run.json")) != training) return false;
    const log::RunSummary summary = log::read_summary(other / log_name);
    const auto digest = summary.texts.find("weights_sha256");
    return summary.status == "completed" && digest != summary.texts.end() &&
           training_identity_of(parse_json(summary.plan_json, log_name)) == training &&
           sha256_of_file(other / weights_file) == digest->second;
  });
}

/// At the end of its training, as far as evaluation asks.
Progress progress_of(const log::RunSummary& summary, int64_t steps_per_epoch, const Model& model) {
  const auto value = [&](const Metric& metric, double fallback) {
    const auto found = summary.values.find(metric.name);
    return found == summary.values.end() ? fallback : found->second;
  };
  Progress p;
  p.finished = true;
  p.epoch = static_cast<int64_t>(value(metrics::epochs, 0));
  p.global_step = p.epoch * steps_per_epoch;
  p.seconds = value(metrics::train_seconds, 0);
  if (summary.values.contains(metrics::best_epoch.name)) {
    p.best_epoch = static_cast<int64_t>(value(metrics::best_epoch, 0));
    p.best_elbo = value(metrics::best_valid_elbo, p.best_elbo);
    p.best_weights = copy_of_state(model);
  }
  return p;
}

TrainingLoad load_of(const log::RunSummary& summary) {
  TrainingLoad load;
  const auto read = [&](const Metric& metric, double& into) {
    if (const auto found = summary.values.find(metric.name); found != summary.values.end()) into = found->second;
  };
  read(metrics::runs_beside, load.runs_beside);
  read(metrics::load, load.average);
  read(metrics::waited, load.waited);
  return load;
}

/// The other run's log, as that of this one.
void copy_log(const Run& run, const fs::path& folder, const fs::path& trained) {
  fs::copy_file(trained / log_name, folder / partial_log, fs::copy_options::overwrite_existing);
  const fs::path experiment = folder.parent_path() / "experiment.toml";
  log::take_over(folder / partial_log, run.title(), to_json(run).dump(2),
                 fs::exists(experiment) ? read_file(experiment) : "", trained.filename().string());
}

}  // namespace

std::optional<fs::path> trained_alike(const Run& run, const fs::path& folder) {
  const std::string seed = fmt::format("-seed{}-", run.seed);
  const nlohmann::json training = training_identity_of(to_json(run));
  std::vector<fs::path> beside;  // in an order that the file system does not choose
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), error))
    if (entry.path() != folder && entry.path().filename().string().find(seed) != std::string::npos)
      beside.push_back(entry.path());
  std::sort(beside.begin(), beside.end());
  const auto found =
      std::find_if(beside.begin(), beside.end(), [&](const fs::path& one) { return is_trained_alike(one, training); });
  return found == beside.end() ? std::nullopt : std::optional(*found);
}

void evaluate_anew(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
                   const fs::path& folder, const fs::path& trained, const std::atomic<bool>& stop) {
  const log::RunSummary summary = log::read_summary(trained / log_name);
  Assembly assembly = assemble(run);
  load_weights(trained, summary.texts.at("weights_sha256"), assembly.model);
  assembly.move_to(device);
  copy_log(run, folder, trained);
  const Progress progress = progress_of(summary, steps_per_epoch(run, *assembly.source), assembly.model);
  Recorder recorder(run, plugins, assembly, folder / partial_log, progress);
  say({.type = "started", .epoch = progress.epoch, .epochs = run.train.max_epochs});
  say({.type = "remark",
       .message = "was trained before, in " + trained.filename().string() + "; its weights are evaluated anew"});
  Teller teller(run, assembly.source->size(Part::train));
  try {
    finalize(run, assembly, recorder, progress, load_of(summary), folder, [&](double fraction) {
      if (stop) throw Stopped{};
      teller.evaluating(fraction);
    });
  } catch (...) {
    recorder.log().close("stopped");
    throw;
  }
  publish(folder / partial_log, folder / log_name);
}

}  // namespace elbo::host::worker
