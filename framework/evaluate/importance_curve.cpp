// Importance-weighted bounds for several numbers of samples in one pass.
#include <ATen/core/grad_mode.h>

#include <limits>

#include "evaluate/evaluate.hpp"
#include "evaluate/importance.hpp"
#include "model/batch_loop.hpp"

namespace elbo::host {

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
