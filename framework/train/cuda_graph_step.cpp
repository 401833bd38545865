#include "train/cuda_graph_step.hpp"

namespace elbo::host {
namespace {

// Libraries prepare themselves, and optimisers make their state, in the first steps.
constexpr int64_t plain_steps = 3;

std::string without_trace(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<double> weights_at(const Objective& objective, double epoch) {
  std::vector<double> weights;
  for (const ObjectiveTerm& term : objective.terms(epoch)) weights.push_back(term.weight);
  for (const Scheduled& number : objective.scheduled(epoch)) weights.push_back(number.value);
  return weights;
}

}  // namespace

CudaGraphStep::CudaGraphStep(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer,
                             Capture capture)
    : run_(run), model_(model), source_(source), optimizer_(optimizer), capture_(std::move(capture)) {
  if (!capture_) return;
  if (!model.objective->sampling().is_replayable) give_up(model.objective->label() + " decides from step to step");
  else if (run.train.accumulate > 1) give_up("a step has several batches (train.accumulate)");
  else if (!source.observation_model().given.empty())
    give_up("what is given of the data is looked up on the processor");
  else if (source.split(Part::train).blocks) give_up("the training data are read by blocks");
}

void CudaGraphStep::give_up(const std::string& why) {
  capture_ = {};
  replay_ = {};
  tape_.reset();
  remark_ = "steps are not recorded and replayed on the device: " + without_trace(why) +
            "; the run is slower for it, not different";
}

void CudaGraphStep::begin_again(std::vector<double> weights) {
  weights_ = std::move(weights);
  seen_ = 0;
  replay_ = {};
  step_metrics_.reset();
  tape_.reset();
}

StepMetrics CudaGraphStep::step(const Tensor& ids, const Rng& rng, double epoch) {
  if (!capture_ || ids.size(0) != run_.train.batch_size) return plain(ids, rng, epoch);
  if (auto weights = weights_at(*model_.objective, epoch); weights != weights_) begin_again(std::move(weights));
  if (++seen_ <= plain_steps) return plain(ids, rng, epoch);
  if (!tape_) return recorded(ids, rng, epoch);
  if (replay_ || capture(rng, epoch)) return replay(ids, rng);
  return plain(ids, rng, epoch);
}

StepMetrics CudaGraphStep::plain(const Tensor& ids, const Rng& rng, double epoch) {
  return {train_step(run_, model_, source_, optimizer_, ids, rng, epoch), ids.size(0)};
}

/// A step like any other, of which is kept what it draws.
StepMetrics CudaGraphStep::recorded(const Tensor& ids, const Rng& rng, double epoch) {
  if (!ids_.defined()) ids_ = ids.clone();
  ids_.copy_(ids);
  tape_ = std::make_unique<NoiseTape>(ids_);
  std::optional<StepMetrics> step_metrics;
  tape_->record(rng, [&] { step_metrics = plain(ids_, rng, epoch); });
  if (!tape_->trouble().empty()) give_up(tape_->trouble());
  else if (!optimizer_.is_in_two_parts())
    give_up("the update of train.optimizer \"" + run_.optimizer.name + "\" changes from step to step");
  return *step_metrics;
}

bool CudaGraphStep::capture(const Rng& rng, double epoch) {
  const auto queue = [this, rng, epoch] {
    const Optimizer::CountedElsewhere counted(optimizer_);
    tape_->play(rng, [&] { step_metrics_ = plain(ids_, rng, epoch); });
  };
  try {
    replay_ = capture_(queue);
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& e) {
    give_up(e.what());
  }
  return static_cast<bool>(replay_);
}

StepMetrics CudaGraphStep::replay(const Tensor& ids, const Rng& rng) {
  ids_.copy_(ids);
  tape_->refill(rng);
  optimizer_.advance();
  replay_();
  ++replayed_;
  return step_metrics_->kept();
}

}  // namespace elbo::host
