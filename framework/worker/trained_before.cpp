#include "worker/trained_before.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "log/provenance.hpp"
#include "metrics/metrics.hpp"
#include "train/checkpoint.hpp"
#include "train/trainer.hpp"
#include "train/weights.hpp"
#include "worker/assemble.hpp"
#include "worker/finalize.hpp"
#include "worker/process.hpp"
#include "worker/recorder.hpp"
#include "worker/train_run.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
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

std::string content_of(const fs::path& file) {
  std::string content;
  holds([&] { return content = read_file(file), true; });
  return content;
}

struct Former {
  fs::path folder;
  Json plan;
};

/// Finished runs with this seed beside this folder, in an order that the file system does not choose.
std::vector<Former> finished_beside(const fs::path& folder, int64_t seed) {
  std::vector<Former> all;
  std::error_code error;
  const std::string with_seed = fmt::format("-seed{}-", seed);
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), error)) {
    const fs::path& other = entry.path();
    if (other == folder || other.filename().string().find(with_seed) == std::string::npos) continue;
    if (!fs::exists(other / "done.json", error) || fs::exists(other / partial_log, error)) continue;
    if (Json plan = json_or_discarded(content_of(other / "run.json")); plan.is_object())
      all.push_back({other, std::move(plan)});
  }
  std::sort(all.begin(), all.end(), [](const Former& a, const Former& b) { return a.folder < b.folder; });
  return all;
}

/// The log and the weights are those of its plan, too.
bool is_whole(const Former& former, const nlohmann::json& training) {
  return holds([&] {
    const log::RunSummary summary = log::read_summary(former.folder / log_name);
    const auto digest = summary.texts.find("weights_sha256");
    return summary.status == "completed" && digest != summary.texts.end() &&
           training_identity_of(parse_json(summary.plan_json, log_name)) == training &&
           sha256_of_file(former.folder / weights_file) == digest->second;
  });
}

/// For any number of epochs.
nlohmann::json of_any_length(nlohmann::json training) {
  training["train"].erase("max_epochs");
  return training;
}

int64_t epochs_of(const Json& plan) { return member_or(member_or(plan, "train", Json()), "max_epochs", int64_t{0}); }

/// The longest of them.
std::optional<Former> trained_shorter(const Run& run, const fs::path& folder) {
  const nlohmann::json training = of_any_length(training_identity_of(to_json(run)));
  std::optional<Former> best;
  for (const Former& former : finished_beside(folder, run.seed)) {
    const nlohmann::json its = training_identity_of(former.plan);
    const int64_t epochs = epochs_of(former.plan);
    if (epochs <= 0 || epochs >= run.train.max_epochs || of_any_length(its) != training || !is_whole(former, its))
      continue;
    if (!best || epochs > epochs_of(best->plan)) best = former;
  }
  return best;
}

/// Empty where it can.
std::string why_it_cannot_go_on(const Run& run, const Former& former) {
  if (run.schedule.name == "cosine") return "the cosine schedule of the learning rate depends on train.max_epochs";
  if (run.early_stopping.patience > 0)
    return "early stopping has judged its last epoch, which would not have been the last";
  if (!fs::exists(former.folder / training_state)) return "its folder has no training_state (train.keep_state)";
  return "";
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
  const nlohmann::json training = training_identity_of(to_json(run));
  for (const Former& former : finished_beside(folder, run.seed))
    if (training_identity_of(former.plan) == training && is_whole(former, training)) return former.folder;
  return {};
}

void begin_with_fewer_epochs(const Run& run, const fs::path& folder) {
  const auto former = trained_shorter(run, folder);
  if (!former) return;
  const std::string before = fmt::format("was trained for {} epochs before, in {}", epochs_of(former->plan),
                                         former->folder.filename().string());
  if (const std::string why = why_it_cannot_go_on(run, *former); !why.empty())
    return say({.type = "remark", .message = before + "; it begins again: " + why});
  copy_log(run, folder, former->folder);
  take_training_state(former->folder, folder);
  say({.type = "remark", .message = before + "; it goes on from there"});
}

void evaluate_anew(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
                   const fs::path& folder, const fs::path& trained, const std::atomic<bool>& stop) {
  const log::RunSummary summary = log::read_summary(trained / log_name);
  Assembly assembly = assemble(run);
  load_weights(trained, summary.texts.at("weights_sha256"), assembly.model);
  assembly.move_to(device);
  copy_log(run, folder, trained);
  if (fs::exists(trained / training_state))
    fs::copy_file(trained / training_state, folder / training_state, fs::copy_options::overwrite_existing);
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
