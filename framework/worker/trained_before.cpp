#include "worker/trained_before.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "log/provenance.hpp"
#include "log/upkeep/writer_lock.hpp"
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

struct Sibling {
  fs::path folder;
  Json plan;
};

bool is_finished(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "done.json", error) && !fs::exists(folder / partial_log, error);
}

/// Killed or stopped after its first checkpoint, and nobody at it.
bool is_left(const fs::path& folder) {
  std::error_code error;
  return !fs::exists(folder / "done.json", error) && fs::exists(folder / partial_log, error) &&
         has_checkpoint(folder) && !log::is_being_written(folder / partial_log);
}

/// Runs with this seed beside this folder, in an order that the file system does not choose.
std::vector<Sibling> runs_beside(const fs::path& folder, int64_t seed) {
  std::vector<Sibling> all;
  std::error_code error;
  const std::string with_seed = fmt::format("-seed{}-", seed);
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), error)) {
    const fs::path& other = entry.path();
    if (other == folder || other.filename().string().find(with_seed) == std::string::npos) continue;
    if (Json plan = json_or_discarded(content_of(other / "run.json")); plan.is_object())
      all.push_back({other, std::move(plan)});
  }
  std::sort(all.begin(), all.end(), [](const Sibling& a, const Sibling& b) { return a.folder < b.folder; });
  return all;
}

/// What its log says, where log and weights are those of its plan.
std::optional<log::RunSummary> whole_summary(const Sibling& sibling, const nlohmann::json& training) {
  std::optional<log::RunSummary> found;
  holds([&] {
    log::RunSummary summary = log::read_summary(sibling.folder / log_name);
    const auto digest = summary.texts.find("weights_sha256");
    if (summary.status == "completed" && digest != summary.texts.end() &&
        training_identity_of(parse_json(summary.plan_json, log_name)) == training &&
        sha256_of_file(sibling.folder / weights_file) == digest->second)
      found = std::move(summary);
    return true;
  });
  return found;
}

/// For any number of epochs.
nlohmann::json of_any_length(nlohmann::json training) {
  training["train"].erase("max_epochs");
  return training;
}

int64_t epochs_of(const Json& plan) { return member_or(member_or(plan, "train", Json()), "max_epochs", int64_t{0}); }

/// What this sibling has of the training of `run`.
std::optional<TrainedBefore> training_in(const Sibling& sibling, const Run& run, const nlohmann::json& training) {
  const nlohmann::json its = training_identity_of(sibling.plan);
  const int64_t planned = epochs_of(sibling.plan);
  if (is_finished(sibling.folder)) {
    if (its != training && (planned >= run.train.max_epochs || of_any_length(its) != of_any_length(training)))
      return {};
    auto summary = whole_summary(sibling, its);
    if (!summary) return {};
    return TrainedBefore{.folder = sibling.folder,
                         .how = its == training ? TrainedBefore::How::wholly : TrainedBefore::How::shorter,
                         .epochs = planned,
                         .planned = planned,
                         .summary = *std::move(summary)};
  }
  if (planned >= run.train.max_epochs || of_any_length(its) != of_any_length(training) || !is_left(sibling.folder))
    return {};
  const int64_t epochs = epochs_in_checkpoint(sibling.folder);
  if (epochs <= 0) return {};
  return TrainedBefore{
      .folder = sibling.folder, .how = TrainedBefore::How::in_part, .epochs = epochs, .planned = planned};
}

/// Empty where it can.
std::string why_it_cannot_go_on(const Run& run, const TrainedBefore& former) {
  if (run.schedule.name == "cosine") return "the cosine schedule of the learning rate depends on train.max_epochs";
  if (watches_validation(run) && former.epochs == former.planned && former.planned % run.train.test_every != 0)
    return "its last pass over the validation data would not have been one (train.test_every)";
  if (former.how == TrainedBefore::How::in_part) return "";
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
void copy_log(const Run& run, const fs::path& folder, const fs::path& trained, const char* name = log_name) {
  fs::copy_file(trained / name, folder / partial_log, fs::copy_options::overwrite_existing);
  const fs::path experiment = folder.parent_path() / "experiment.toml";
  log::take_over(folder / partial_log, run.title(), to_json(run).dump(2),
                 fs::exists(experiment) ? read_file(experiment) : "", trained.filename().string());
}

}  // namespace

std::optional<TrainedBefore> trained_before(const Run& run, const fs::path& folder) {
  const nlohmann::json training = training_identity_of(to_json(run));
  std::optional<TrainedBefore> best;
  for (const Sibling& sibling : runs_beside(folder, run.seed)) {
    auto found = training_in(sibling, run, training);
    if (found && found->how == TrainedBefore::How::wholly) return found;
    if (found && (!best || found->epochs > best->epochs)) best = std::move(found);
  }
  return best;
}

void begin_with_fewer_epochs(const Run& run, const fs::path& folder, const TrainedBefore& former) {
  const bool is_left = former.how == TrainedBefore::How::in_part;
  const std::string before = fmt::format(
      "was trained for {} before{}, in {}", counted(static_cast<size_t>(former.epochs), "epoch"),
      is_left ? fmt::format(", of {} that were planned then", former.planned) : "", former.folder.filename().string());
  if (const std::string why = why_it_cannot_go_on(run, former); !why.empty())
    return say({.type = "remark", .message = before + "; it begins again: " + why});
  try {
    copy_log(run, folder, former.folder, is_left ? partial_log : log_name);
    if (is_left) copy_checkpoint(former.folder, folder);
    else take_training_state(former.folder, folder);
  } catch (const std::exception& error) {
    remove_checkpoints(folder);
    fs::remove(folder / partial_log);
    return say({.type = "remark", .message = before + "; it begins again: " + error.what()});
  }
  say({.type = "remark", .message = before + "; it goes on from there"});
}

void evaluate_anew(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
                   const fs::path& folder, const TrainedBefore& before, const std::atomic<bool>& stop) {
  const fs::path& trained = before.folder;
  const log::RunSummary& summary = before.summary;
  Assembly assembly = assemble(run);
  load_weights(trained, "", assembly.model);  // trained_before() has compared their hash
  assembly.move_to(device);
  copy_log(run, folder, trained);
  if (run.train.keep_state && fs::exists(trained / training_state))
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
