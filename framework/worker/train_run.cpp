#include "worker/train_run.hpp"

#include <fmt/format.h>
#include "sdk/src/fused/fused.hpp"

#include <algorithm>
#include <optional>

#include "base/files.hpp"
#include "base/transient.hpp"
#include "evaluate/predictive.hpp"
#include "evidence/evidence.hpp"
#include "kernels/cuda_graph.hpp"
#include "log/collapse.hpp"
#include "metrics/metrics.hpp"
#include "train/batch_dependence.hpp"
#include "train/trainer.hpp"
#include "train/weights.hpp"
#include "worker/assemble.hpp"
#include "worker/finalize.hpp"
#include "worker/process.hpp"
#include "worker/recorder.hpp"
#include "worker/warm_start.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

void start_again(const fs::path& folder) {
  remove_checkpoints(folder);
  fs::remove(folder / partial_log);
}

/// So that readers have one name for the log while it is written and after: the finished log takes the link's place. A file
/// system without links has only the other name.
void link_live_log(const fs::path& folder) {
  std::error_code ignored;
  if (fs::symlink_status(folder / log_name, ignored).type() == fs::file_type::not_found)
    fs::create_symlink(partial_log, folder / log_name, ignored);
}

/// Leaves the newest checkpoint that fits the log beside it. False when there is none: then neither is worth keeping.
bool can_continue(const Run& run, const std::vector<log::PluginRecord>& plugins, Assembly& a, const fs::path& folder) {
  while (true) {
    Trainer trainer(run, a.model, *a.source, folder);
    const Progress& progress = trainer.resume();
    if (progress.global_step == 0) return false;
    try {
      Recorder(run, plugins, a, folder / partial_log, progress).log().close("stopped");
      return true;
    } catch (const Error& e) {
      if (is_transient(e)) throw;  // nothing is wrong with what is there
      say({.type = "warning",
           .message = std::string(e.what()) + "; the run goes on from an earlier checkpoint, or starts again"});
      forget_newest_checkpoint(folder);
    }
  }
}

/// A model whose latents say nothing after so many steps seldom comes back.
void tell_collapse(const std::map<std::string, double>& values, int64_t steps) {
  const auto kl = values.find(metrics::kl);
  if (kl == values.end() || !log::is_collapsed(kl->second)) return;
  say({.type = "warning",
       .message =
           fmt::format("kl is {:.2f} nat after {} steps: the latents say nothing of the data (posterior collapse); {}",
                       kl->second, steps, log::against_collapse)});
}

TrainObserver observer_of(const Trainer& trainer, Recorder& recorder, Teller& teller, MachineLoad& load,
                          int64_t train_rows) {
  TrainObserver observer;
  observer.tick = [&](const Progress& p, double rate) { teller.tick(p, rate); };
  observer.step = [&](int64_t step, const auto& values) { recorder.step(step, values); };
  observer.epoch = [&, judged = false](int64_t epoch, const auto& values, const auto& kl) mutable {
    recorder.epoch(epoch, values, kl);
    if (!judged && trainer.progress().global_step >= log::steps_before_collapse) {
      judged = true;
      tell_collapse(values, trainer.progress().global_step);
    }
    load.look();
    teller.epoch(trainer.progress(), values.at("samples_per_second"));
  };
  observer.tested = [&, train_rows](int64_t epoch, const PassResult& result) {
    recorder.tested(epoch, result, trainer.progress().finished);
    teller.elbo(result.elbo);
    const double shown = static_cast<double>(train_rows * epoch);
    teller.epoch(trainer.progress(), shown / std::max(1e-9, trainer.progress().seconds));
  };
  observer.before_checkpoint = [&] { recorder.flush(); };
  observer.remark = [](const std::string& sentence) { say({.type = "warning", .message = sentence}); };
  return observer;
}

/// Which weights are evaluated, where they may not be the last ones.
void tell_weights(const Run& run, const Progress& p) {
  const char* option = run.early_stopping.patience > 0 ? "train.early_stopping.restore_best" : "train.keep";
  if (!p.best_weights.empty() && p.best_epoch < p.epoch)
    say({.type = "remark",
         .message = "the weights of epoch " + std::to_string(p.best_epoch) + " of " + std::to_string(p.epoch) +
                    " are evaluated and kept: there the elbo on the validation data was best (" + option + ")"});
}

TrainingLoad seen(const MachineLoad& load) {
  return {static_cast<double>(load.runs_beside()), MachineLoad::average(), load.waited().value_or(std::nan(""))};
}

/// Trains and evaluates. The log is closed whatever happens.
void record_run(const Run& run, Assembly& assembly, Trainer& trainer, Recorder& recorder, const fs::path& folder,
                const std::atomic<bool>& stop) {
  const bool goes_on = trainer.progress().global_step > 0;  // then the time of the epochs before is in its time, too
  const int64_t train_rows = assembly.source->size(Part::train);
  Teller teller(run, train_rows);
  try {
    MachineLoad load;
    const TrainObserver observer = observer_of(trainer, recorder, teller, load, train_rows);
    if (trainer.train(observer, stop) == Outcome::stopped) throw Stopped{};
    load.look();
    tell_weights(run, trainer.progress());
    finalize(run, assembly, recorder, trainer.progress(), goes_on ? TrainingLoad() : seen(load), folder,
             [&](double fraction) {
               if (stop) throw Stopped{};
               teller.evaluating(fraction);
             });
  } catch (const Stopped&) {
    recorder.log().close("stopped");
    throw;
  } catch (...) {
    recorder.log().close("failed");
    throw;
  }
}

}  // namespace

void train_run(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
               const fs::path& folder, const std::atomic<bool>& stop) {
  const auto made = [&] {
    Assembly a = assemble(run);
    begin_with_former_weights(run, a.model, fs::exists(folder / partial_log) && has_checkpoint(folder));
    a.move_to(device);
    return a;
  };
  Assembly assembly = made();
  const fs::path partial = folder / partial_log;
  const bool begun = fs::exists(partial), goes_on = begun && can_continue(run, plugins, assembly, folder);
  if (!goes_on) start_again(folder);
  if (begun && !goes_on) {  // the model has seen a checkpoint
    assembly = {};
    assembly = made();
  }
  if (run.evaluate.evidence == "ladder" && has_posterior(assembly.model))
    must_allow_ladder(assembly.model, *assembly.source);
  if (run.evaluate.mask_fraction > 0) {
    const std::string why = why_not_predictive(assembly.model, assembly.source->observation_model());
    if (!why.empty())
      throw UserError(run.title() + ": evaluate.mask_fraction: " + why + "; or leave mask_fraction out");
  }
  if (run.train.accumulate > 1)
    if (const std::string why = why_not_one_batch(run, assembly.model, *assembly.source); !why.empty())
      say({.type = "warning", .message = why});
  const Capture capture = device.is_cuda() && fused_kernels() ? Capture(kernels::captured_on_cuda) : Capture();
  Trainer trainer(run, assembly.model, *assembly.source, folder, capture);
  trainer.resume();
  Recorder recorder(run, plugins, assembly, partial, goes_on ? std::optional(trainer.progress()) : std::nullopt);
  link_live_log(folder);
  say({.type = "started",
       .epoch = trainer.progress().epoch,
       .epochs = run.train.max_epochs,
       .message = goes_on ? "goes on from epoch " + std::to_string(trainer.progress().epoch)
                  : begun ? "begins again: it was ended before there was a checkpoint that it could go on from"
                          : ""});
  record_run(run, assembly, trainer, recorder, folder, stop);
  publish(partial, folder / log_name);
  if (run.train.keep_state) keep_training_state(folder);
  else remove_checkpoints(folder);
}

}  // namespace elbo::host::worker
