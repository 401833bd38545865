#include "plan/halving.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace elbo::host {
namespace {

/// Epochs over which the weights of the objective's terms rise; 0 where it has no such option.
int64_t objective_warmup(const Run& run) {
  for (const Setting& setting : run.objective.settings)
    if (setting.name == "warmup_epochs")
      if (const auto* epochs = std::get_if<int64_t>(&setting.value)) return *epochs;
  return 0;
}

/// Empty where the epochs of a rung are the first ones of the whole training.
std::string why_not_halved(const Run& run, const experiment::SearchConfig& search) {
  const int64_t most = run.train.max_epochs;
  if (search.min_epochs >= most)
    return fmt::format(
        "search.min_epochs is {}, and train.max_epochs is {}, so that there is one rung only; expected "
        "less; lower min_epochs, or use method = \"random\"",
        search.min_epochs, most);
  if (const auto& keys = run.sweep.keys; std::find(keys.begin(), keys.end(), "train.max_epochs") != keys.end())
    return "search.space draws train.max_epochs, of which halving makes its rungs; expected it in the file itself";
  if (run.schedule.name == "cosine")
    return "halving with train.schedule.name = \"cosine\", which depends on train.max_epochs, so that a rung is no "
           "beginning of the whole training; expected another schedule";
  if (run.schedule.warmup_epochs > search.min_epochs)
    return fmt::format(
        "search.min_epochs is {}, and train.schedule.warmup_epochs is {}; expected a first rung that "
        "ends after the warm-up; raise min_epochs",
        search.min_epochs, run.schedule.warmup_epochs);
  if (const int64_t warmup = objective_warmup(run); warmup > search.min_epochs)
    return fmt::format(
        "search.min_epochs is {}, and objective.warmup_epochs is {}, so that the first rung would judge models that "
        "have "
        "not been trained on the whole objective; expected a first rung that ends after the warm-up; raise min_epochs",
        search.min_epochs, warmup);
  if (run.early_stopping.patience > 0)
    return "halving with train.early_stopping.patience, which judges the last epoch of each rung as if it were the "
           "last; "
           "expected no patience; leave it out";
  if (!run.train.keep_state)
    return "halving with train.keep_state = false, so that no trial could go on from its rung; expected true";
  return "";
}

}  // namespace

std::vector<int64_t> rungs_of(const experiment::SearchConfig& search, int64_t max_epochs) {
  std::vector<int64_t> rungs;
  for (int64_t epochs = search.min_epochs; epochs < max_epochs; epochs *= search.reduction_factor)
    rungs.push_back(epochs);
  rungs.push_back(max_epochs);
  return rungs;
}

Run at_rung(const Run& trial, size_t rung) {
  Run run = trial;
  run.train.max_epochs = trial.sweep.rungs.at(rung);
  run.variant += fmt::format(" at {}", counted(static_cast<size_t>(run.train.max_epochs), "epoch"));
  if (rung + 1 == trial.sweep.rungs.size()) return run;
  EvaluateConfig elbo_only;
  elbo_only.evidence = "importance";
  elbo_only.importance_samples = 0;
  elbo_only.batch_size = trial.evaluate.batch_size;
  run.evaluate = elbo_only;
  return run;
}

void set_rungs(std::vector<Run>& trials, const experiment::SearchConfig& search) {
  for (Run& trial : trials) {
    trial.sweep.rungs = rungs_of(search, trial.train.max_epochs);
    trial.sweep.reduction_factor = search.reduction_factor;
  }
}

std::vector<Run> runs_at_rungs(const std::vector<Run>& trials, const std::function<size_t(const Run& trial)>& highest) {
  std::vector<Run> runs;
  for (size_t first = 0; first < trials.size();) {
    size_t end = first;  // the seeds of one trial stand together
    while (end < trials.size() && trials[end].variant == trials[first].variant) ++end;
    const size_t most = std::min(highest(trials[first]), trials[first].sweep.rungs.size() - 1);
    for (size_t rung = 0; rung <= most; ++rung)
      for (size_t i = first; i < end; ++i) runs.push_back(at_rung(trials[i], rung));
    first = end;
  }
  return runs;
}

size_t trials_after(size_t trials, int64_t reduction_factor) {
  constexpr size_t fewest = 3;
  const auto factor = static_cast<size_t>(reduction_factor);
  return std::min(trials, std::max((trials + factor - 1) / factor, fewest));
}

std::string halving_text(const std::vector<Run>& trials) {
  int64_t runs = 0, epochs = 0, whole = 0;
  for (const Run& trial : trials) {
    const SweepPoint& point = trial.sweep;
    const size_t rank = static_cast<size_t>(point.trial) - 1;  // as good as any other order
    size_t left = static_cast<size_t>(point.points);
    int64_t before = 0;
    for (const int64_t rung : point.rungs) {
      if (rank >= left) break;
      ++runs, epochs += rung - before, before = rung;
      left = trials_after(left, point.reduction_factor);
    }
    whole += point.rungs.back();
  }
  const auto& rungs = trials.front().sweep.rungs;
  return fmt::format("{} at the first of {} rungs ({} epochs); {} runs of {} epochs at most, in place of {}",
                     counted(trials.size(), "run"), rungs.size(), fmt::join(rungs, ", "), runs, epochs, whole);
}

void check_trials(const std::vector<Resolved>& trials, const experiment::SearchConfig& search,
                  experiment::Faults& faults) {
  for (const auto& [variant, run] : trials) {
    if (run.data_record.facts.at("valid").get<int64_t>() == 0)
      faults.add(variant->where,
                 "[search] chooses among its trials by validation data, and there are none; expected dataset.valid "
                 "above 0, or dataset.valid_path");
    if (!search.is_halving()) continue;
    if (const std::string why = why_not_halved(run, search); !why.empty()) faults.add(variant->where, why);
  }
}

}  // namespace elbo::host
