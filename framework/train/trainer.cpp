#include "train/trainer.hpp"

#include <chrono>
#include <cmath>

#include "sdk/src/plugin/torch_seed.hpp"

#include "metrics/metrics.hpp"
#include "train/optimizer.hpp"
#include "train/weights.hpp"

namespace elbo::host {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr size_t most_unread = 50;  // steps: a loss that is not finite is noticed so many steps late

}  // namespace

Trainer::Trainer(const Run& run, Model& model, const BatchSource& source, std::filesystem::path folder, Capture capture)
    : run_(run),
      model_(model),
      source_(source),
      folder_(std::move(folder)),
      rng_(source.rng(run.seed).fork("train")),
      optimizer_(run.optimizer, model.named_parameters()),
      step_(run, model, source, optimizer_, std::move(capture)),
      at_once_(source.like().is_cpu()) {}

const Progress& Trainer::resume() {
  if (const auto stored = load_checkpoint(folder_, model_, optimizer_)) progress_ = *stored;
  const bool is_of_fewer_epochs = progress_.epoch < run_.train.max_epochs && run_.early_stopping.patience == 0;
  if (is_of_fewer_epochs) progress_.finished = false;  // a shorter training had ended there
  return progress_;
}

int64_t steps_per_epoch(const Run& run, const BatchSource& source) {
  return (source.size(Part::train) + data_in_a_step(run.train) - 1) / data_in_a_step(run.train);
}

int64_t Trainer::steps_per_epoch() const { return host::steps_per_epoch(run_, source_); }

double Trainer::epochs_done() const {
  return static_cast<double>(progress_.epoch) +
         static_cast<double>(progress_.step) / static_cast<double>(steps_per_epoch());
}

double Trainer::rate_factor() const {
  return host::rate_factor(run_.schedule, progress_.epoch, run_.train.max_epochs) * progress_.plateau.factor;
}

double Trainer::rate() const { return run_.optimizer.lr * rate_factor(); }

Outcome Trainer::train(const TrainObserver& observer, const std::atomic<bool>& stop) {
  model_.set_training(true);
  seconds_at_checkpoint_ = progress_.seconds;
  while (!progress_.finished)
    if (epoch(observer, stop) == Outcome::stopped) return Outcome::stopped;
  if (const NamedTensors final = final_weights(); !final.empty()) set_state(model_, final);
  return Outcome::finished;
}

Outcome Trainer::epoch(const TrainObserver& observer, const std::atomic<bool>& stop) {
  const int64_t n = source_.size(Part::train), size = data_in_a_step(run_.train);
  const Tensor order =
      source_.order(rng_.fork("order", static_cast<uint64_t>(progress_.epoch))).to(source_.like().device());
  optimizer_.scale_rates(rate_factor());
  while (progress_.step < steps_per_epoch()) {
    const auto start = Clock::now();
    const int64_t first = progress_.step * size, count = std::min(size, n - first);
    const double epochs_before = epochs_done();
    step(order.narrow(0, first, count));
    ++progress_.step;
    ++progress_.global_step;
    const bool logged = run_.log.steps_every > 0 && progress_.global_step % run_.log.steps_every == 0;
    const bool last = progress_.step == steps_per_epoch(), stopping = stop;
    if (at_once_ || logged || last || stopping || unread_.size() >= most_unread) read(epochs_before);
    const double seconds = seconds_since(start);
    progress_.seconds += seconds;
    progress_.epoch_seconds += seconds;
    if (const std::string remark = step_.take_remark(); !remark.empty() && observer.remark) observer.remark(remark);
    if (logged) observer.step(progress_.global_step, last_step_);
    observer.tick(progress_, static_cast<double>(first + count) / std::max(1e-9, progress_.epoch_seconds));
    const bool due = run_.train.checkpoint_seconds > 0 &&
                     progress_.seconds - seconds_at_checkpoint_ > static_cast<double>(run_.train.checkpoint_seconds);
    if (due && !unread_.empty()) read(epochs_before);
    if (stopping || due) checkpoint(observer);
    if (stopping) return Outcome::stopped;
  }
  end_epoch(observer);
  if (!stop || progress_.finished) return Outcome::finished;
  checkpoint(observer);
  return Outcome::stopped;
}

void Trainer::step(const Tensor& ids) {
  const Rng rng = rng_.fork("step", static_cast<uint64_t>(progress_.global_step));
  const TorchSeed seed(rng);  // for dropout in layers of torch::nn
  try {
    unread_.push_back(step_.step(ids, rng, epochs_done()));
  } catch (const NotFinite& e) {
    fail(progress_.step, e.what());
  }
  if (run_.train.average_decay > 0) progress_.average.add(model_, run_.train.average_decay);
}

void Trainer::fail(int64_t step, const std::string& what) const {
  throw Error("epoch " + std::to_string(progress_.epoch + 1) + ", step " + std::to_string(step + 1) + ": " + what +
              "; lower the learning rate, clip gradients (train.clip_norm) or bound the scale");
}

void Trainer::read(double epochs_before) {
  StepMetrics::fetch(unread_);
  const int64_t first = progress_.step - static_cast<int64_t>(unread_.size());
  for (size_t i = 0; i < unread_.size(); ++i) {
    if (const std::string found = unread_[i].not_finite(); !found.empty()) fail(first + static_cast<int64_t>(i), found);
    add(unread_[i]);
  }
  unread_.clear();
  last_step_[metrics::loss] = -last_step_[metrics::objective];
  for (const Scheduled& number : model_.objective->scheduled(epochs_before)) last_step_[number.name] = number.value;
  last_step_[metrics::learning_rate] = rate();
}

void Trainer::add(const StepMetrics& step_metrics) {
  last_step_ = step_metrics.means();
  for (const auto& [name, mean] : last_step_) progress_.sums[name] += mean * static_cast<double>(step_metrics.count());
  const std::vector<double> kl = step_metrics.kl_per_dim_sums();
  progress_.kl_per_dim_sums.resize(kl.size());
  for (size_t j = 0; j < kl.size(); ++j) progress_.kl_per_dim_sums[j] += kl[j];
}

void Trainer::end_epoch(const TrainObserver& observer) {
  const auto n = static_cast<double>(source_.size(Part::train));
  std::map<std::string, double> means;
  for (const auto& [name, sum] : progress_.sums) means[name] = sum / n;
  means[metrics::loss] = -means[metrics::objective];
  for (const Scheduled& number : model_.objective->scheduled(static_cast<double>(progress_.epoch)))
    means[number.name] = number.value;
  means[metrics::learning_rate] = rate();
  means[metrics::epoch_seconds] = progress_.epoch_seconds;
  means[metrics::samples_per_second] = n / std::max(1e-9, progress_.epoch_seconds);
  std::vector<double> kl_per_dim = progress_.kl_per_dim_sums;
  for (double& kl : kl_per_dim) kl /= n;

  ++progress_.epoch;
  progress_.step = 0;
  progress_.epoch_seconds = 0;
  progress_.sums.clear();
  progress_.kl_per_dim_sums.clear();
  observer.epoch(progress_.epoch, means, kl_per_dim);

  progress_.finished = progress_.epoch >= run_.train.max_epochs;
  if (progress_.finished || progress_.epoch % run_.train.test_every == 0) test(observer);
  if (progress_.finished || run_.train.checkpoint_seconds == 0) checkpoint(observer);
}

// The model has the weights that it is trained with again afterwards: checkpoints hold those.
void Trainer::test(const TrainObserver& observer) {
  std::optional<WeightsForNow> tested_weights, last_weights;
  if (progress_.average.steps > 0) tested_weights.emplace(model_, progress_.average.state(model_));
  const Rng rng = source_.rng(run_.seed).fork("test");
  const auto pass = [&](Part part) { return test_pass(model_, source_, part, run_.evaluate.batch_size, rng); };
  if (watches_validation(run_)) {
    const PassResult held_out = pass(Part::valid);  // never the test data: that would select on them
    consider(std::isnan(held_out.elbo) ? held_out.objective : held_out.elbo);
  }
  const PassResult tested = pass(Part::test);  // of this epoch's weights
  if (const NamedTensors final = final_weights(); progress_.finished && !final.empty())
    last_weights.emplace(model_, final);
  observer.tested(progress_.epoch, tested);  // by now it is known whether this epoch is the last
}

NamedTensors Trainer::final_weights() const {
  if (!progress_.best_weights.empty()) return progress_.best_weights;
  return progress_.average.steps > 0 ? progress_.average.state(model_) : NamedTensors();
}

// A pass whose elbo is nan is never better.
void Trainer::consider(double elbo) {
  const EarlyStoppingConfig& config = run_.early_stopping;
  if (run_.schedule.name == "plateau") progress_.plateau.see(elbo, run_.schedule, run_.optimizer.lr);
  if (elbo > progress_.best_elbo) {
    progress_.best_elbo = elbo;
    progress_.best_epoch = progress_.epoch;
    if (keeps_best_weights(run_)) progress_.best_weights = copy_of_state(model_);
  }
  if (elbo > progress_.elbo_to_beat + config.min_delta) {
    progress_.elbo_to_beat = elbo;
    progress_.passes_without_better = 0;
  } else if (++progress_.passes_without_better >= config.patience && config.patience > 0) {
    progress_.finished = true;
  }
}

void Trainer::checkpoint(const TrainObserver& observer) {
  observer.before_checkpoint();
  save_checkpoint(folder_, model_, optimizer_, progress_);
  seconds_at_checkpoint_ = progress_.seconds;
}

}  // namespace elbo::host
