#include "evaluate/importance.hpp"

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/evaluate.hpp"
#include "metrics/pareto.hpp"
#include "model/forward.hpp"

namespace elbo::host {

LogMeanWeight::LogMeanWeight(int64_t expected_samples) : tail_(pareto_tail_size(expected_samples)) {}

void LogMeanWeight::add(const Tensor& log_w) {
  const Tensor w = log_w.detach().to(at::kDouble);
  samples_ += w.size(0);
  Tensor top = std::get<0>(w.max(0));
  if (max_.defined()) top = top.maximum(max_);
  // All weights zero so far: any finite reference keeps exp(-inf - top) at 0 instead of nan.
  const Tensor reference = top.masked_fill(top == -std::numeric_limits<double>::infinity(), 0.0);
  const Tensor scaled = (w - reference).exp();
  Tensor sum = scaled.sum(0), squares = scaled.square().sum(0);
  if (max_.defined()) {
    const Tensor shrink = (max_ - reference).exp();
    sum = sum + sum_ * shrink;
    squares = squares + sum_of_squares_ * shrink.square();
  }
  max_ = reference;
  sum_ = sum;
  sum_of_squares_ = squares;
  if (tail_ == 0) return;
  const Tensor all = largest_.defined() ? elbo::cat({largest_, w}, 0) : w;
  largest_ = std::get<0>(all.topk(std::min(tail_ + 1, all.size(0)), 0));
}

Tensor LogMeanWeight::value() const { return max_ + sum_.log() - std::log(static_cast<double>(samples_)); }

Tensor LogMeanWeight::effective_samples() const { return sum_.square() / sum_of_squares_; }

Tensor LogMeanWeight::bias() const {
  const auto k = static_cast<double>(samples_);
  return -(k / effective_samples() - 1).clamp_min(0) / (2 * k);
}

Tensor LogMeanWeight::pareto_k() const {
  std::vector<double> shapes(static_cast<size_t>(max_.size(0)), std::numeric_limits<double>::quiet_NaN());
  const int64_t tail = pareto_tail_size(samples_);
  if (tail == 0 || !largest_.defined() || largest_.size(0) <= tail)
    return elbo::tensor_of(shapes, {max_.size(0)}).to(at::kDouble);
  const Tensor columns = largest_.narrow(0, 0, tail + 1).t().to(at::kCPU).contiguous();
  const auto rows = static_cast<size_t>(columns.size(1));
  for (size_t b = 0; b < shapes.size(); ++b)
    shapes[b] = elbo::host::pareto_k({columns.data_ptr<double>() + b * rows, rows});
  return elbo::tensor_of(shapes, {max_.size(0)}).to(at::kDouble);
}

std::vector<ImportancePoint> importance_curve(Model& model, const BatchSource& source, int64_t count,
                                              const std::vector<int64_t>& samples, int64_t batch_size, const Rng& rng,
                                              const std::function<void(double)>& tick) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const int64_t most = samples.back(), at_once = samples_at_once(model, source, batch_size);
  std::vector<ImportancePoint> curve;
  for (const int64_t k : samples) curve.push_back({.samples = k});
  int64_t done = 0;
  for_each_batch(source, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    LogMeanWeight weights(most);
    const Rng noise = rng.fork("posterior").for_data(batch.ids);
    for (ImportancePoint& point : curve) {
      while (weights.samples() < point.samples) {
        const int64_t first = weights.samples();
        Rng from_here = noise.from_sample(first);
        weights.add(forward(model, batch, source.observation_model().scoring(),
                            std::min(at_once, point.samples - first), from_here)
                        .log_weight());
        const double share = static_cast<double>(weights.samples()) / static_cast<double>(most);
        tick((static_cast<double>(done) + static_cast<double>(batch.size()) * share) / static_cast<double>(count));
      }
      append(weights.value(), point.log_px);
      append(weights.effective_samples(), point.effective_samples);
      append(weights.bias(), point.bias);
      append(weights.pareto_k(), point.pareto_k);
    }
    done += batch.size();
  });
  model.set_training(true);
  return curve;
}

ImportanceResult importance_weighted(Model& model, const BatchSource& source, int64_t count, int64_t samples,
                                     int64_t batch_size, const Rng& rng, const std::function<void(double)>& tick) {
  std::vector<int64_t> points = {samples};
  if (samples > 1) points = {samples / 2, samples};
  auto curve = importance_curve(model, source, count, points, batch_size, rng, tick);
  ImportancePoint& all = curve.back();
  ImportanceResult result{
      std::move(all.log_px), std::move(all.effective_samples), std::move(all.bias), std::move(all.pareto_k), {}};
  if (samples > 1) result.half_log_px = std::move(curve.front().log_px);
  else result.half_log_px.assign(result.log_px.size(), std::numeric_limits<double>::quiet_NaN());
  return result;
}

}  // namespace elbo::host
