#include "train/trainer.hpp"

#include <chrono>
#include <cmath>

#include "experiment/objective_terms.hpp"
#include "train/schedule.hpp"
#include "train/step.hpp"

namespace elbo {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Trainer::Trainer(const Run& run, Model& model, const Feed& feed, std::filesystem::path folder)
    : run_(run), model_(model), feed_(feed), folder_(std::move(folder)), rng_(Rng(static_cast<uint64_t>(run.seed)).fork("train")),
      optimizer_(run.optimizer, model.named_parameters()) {}

const Progress& Trainer::resume() {
  if (const auto stored = load_checkpoint(folder_, model_, optimizer_)) progress_ = *stored;
  return progress_;
}

int64_t Trainer::steps_per_epoch() const {
  return (feed_.size(Part::train) + run_.train.batch_size - 1) / run_.train.batch_size;
}

double Trainer::epochs_done() const {
  return static_cast<double>(progress_.epoch) + static_cast<double>(progress_.step) / static_cast<double>(steps_per_epoch());
}

double Trainer::rate() const {
  return run_.optimizer.lr * rate_factor(run_.schedule, progress_.epoch, run_.train.max_epochs);
}

Outcome Trainer::train(const TrainObserver& observer, const std::atomic<bool>& stop) {
  model_.set_training(true);
  seconds_at_checkpoint_ = progress_.seconds;
  while (!progress_.finished)
    if (epoch(observer, stop) == Outcome::stopped) return Outcome::stopped;
  return Outcome::finished;
}

Outcome Trainer::epoch(const TrainObserver& observer, const std::atomic<bool>& stop) {
  const int64_t n = feed_.size(Part::train), size = run_.train.batch_size;
  const Tensor order = feed_.order(rng_.fork("order", static_cast<uint64_t>(progress_.epoch)));
  optimizer_.set_rate(rate());
  while (progress_.step < steps_per_epoch()) {
    const auto start = Clock::now();
    const int64_t first = progress_.step * size, count = std::min(size, n - first);
    step(order.narrow(0, first, count));
    const double seconds = seconds_since(start);
    progress_.seconds += seconds;
    progress_.epoch_seconds += seconds;
    ++progress_.step;
    ++progress_.global_step;
    if (run_.log.steps_every > 0 && progress_.global_step % run_.log.steps_every == 0) observer.step(progress_.global_step, last_step_);
    observer.tick(progress_, static_cast<double>(first + count) / std::max(1e-9, progress_.epoch_seconds));
    const bool due = run_.train.checkpoint_seconds > 0 &&
                     progress_.seconds - seconds_at_checkpoint_ > static_cast<double>(run_.train.checkpoint_seconds);
    if (stop || due) checkpoint(observer);
    if (stop) return Outcome::stopped;
  }
  end_epoch(observer);
  if (!stop || progress_.finished) return Outcome::finished;
  checkpoint(observer);
  return Outcome::stopped;
}

void Trainer::step(const Tensor& ids) {
  const Rng rng = rng_.fork("step", static_cast<uint64_t>(progress_.global_step));
  try {
    add(train_step(run_, model_, feed_, optimizer_, ids, rng, epochs_done()), ids.size(0));
  } catch (const NotFinite& e) {
    throw Error("epoch " + std::to_string(progress_.epoch + 1) + ", step " + std::to_string(progress_.step + 1) + ": " + e.what() +
                "; lower the learning rate, clip gradients (train.clip_norm) or bound the scale");
  }
}

void Trainer::add(const Objective& objective, int64_t count) {
  last_step_.clear();
  const auto data = static_cast<double>(count);
  const auto take = [&](const std::string& name, double mean) {
    progress_.sums[name] += mean * data;
    last_step_[name] = mean;
  };
  const auto take_known = [&](const char* name, const std::optional<double>& mean) {
    if (mean) take(name, *mean);
  };
  const Means& means = objective.means;
  take("objective", objective.value.item<double>());
  take("reconstruction", means.reconstruction);
  take_known("elbo", means.elbo);
  take_known("kl", means.kl);
  take_known("kl_sampled", means.kl_sampled);
  for (const WeightedTerm& term : objective.weighted) {
    const double value = term.value();
    if (!last_step_.contains(term.name)) take(term.name, value);
    take(term.name + "_weight", term.weight);
    take(term.name + "_weighted", term.weight * value);
  }
  last_step_["loss"] = -last_step_["objective"];
  last_step_["beta"] = beta_at(run_.objective, epochs_done());
  last_step_["lr"] = rate();
  progress_.kl_per_dim_sums.resize(means.kl_per_dim.size());
  for (size_t j = 0; j < means.kl_per_dim.size(); ++j) progress_.kl_per_dim_sums[j] += means.kl_per_dim[j];
}

void Trainer::end_epoch(const TrainObserver& observer) {
  const auto n = static_cast<double>(feed_.size(Part::train));
  std::map<std::string, double> means;
  for (const auto& [name, sum] : progress_.sums) means[name] = sum / n;
  means["loss"] = -means["objective"];
  means["beta"] = beta_at(run_.objective, static_cast<double>(progress_.epoch));
  means["lr"] = rate();
  means["seconds"] = progress_.epoch_seconds;
  means["samples_per_second"] = n / std::max(1e-9, progress_.epoch_seconds);
  std::vector<double> kl_per_dim = progress_.kl_per_dim_sums;
  for (double& kl : kl_per_dim) kl /= n;

  ++progress_.epoch;
  progress_.step = 0;
  progress_.epoch_seconds = 0;
  progress_.sums.clear();
  progress_.kl_per_dim_sums.clear();
  observer.epoch(progress_.epoch, means, kl_per_dim);

  progress_.finished = progress_.epoch >= run_.train.max_epochs;
  if (progress_.finished || progress_.epoch % run_.train.test_every == 0) {
    const Rng rng = Rng(static_cast<uint64_t>(run_.seed)).fork("test");
    const auto pass = [&](Part part) { return test_pass(model_, feed_, part, run_.objective, run_.evaluate.batch_size, rng); };
    if (run_.early_stopping.patience > 0) {
      const PassResult held_out = pass(Part::valid);  // never the test data: that would select on them
      consider_stopping(std::isnan(held_out.elbo) ? held_out.objective : held_out.elbo);
    }
    observer.tested(progress_.epoch, pass(Part::test));  // by now it is known whether this epoch is the last
  }
  if (progress_.finished || run_.train.checkpoint_seconds == 0) checkpoint(observer);
}

void Trainer::consider_stopping(double elbo) {
  if (!progress_.has_best || elbo > progress_.best_elbo + run_.early_stopping.min_delta) {
    progress_.best_elbo = elbo;
    progress_.has_best = true;
    progress_.passes_without_better = 0;
  } else if (++progress_.passes_without_better >= run_.early_stopping.patience) {
    progress_.finished = true;
  }
}

void Trainer::checkpoint(const TrainObserver& observer) {
  observer.before_checkpoint();
  save_checkpoint(folder_, model_, optimizer_, progress_);
  seconds_at_checkpoint_ = progress_.seconds;
}

}  // namespace elbo
