// Errors of the likelihood's mean.
#include "metrics/evaluation.hpp"

namespace elbo::host::evaluations::reconstruction {

constexpr Metric squared_error{.name = "squared_error",
                               .long_name = "mean squared error at z = E[z|x]",
                               .basis = Basis::first_test_data,
                               .better = Better::lower},
    absolute_error{.name = "absolute_error",
                   .long_name = "mean absolute error at z = E[z|x]",
                   .basis = Basis::first_test_data,
                   .better = Better::lower},
    squared_error_of_draw{.name = "squared_error_of_draw",
                          .long_name = "mean squared error at one z ~ q(z|x)",
                          .basis = Basis::first_test_data,
                          .better = Better::lower},
    range_low{.name = "range_low", .long_name = "value that counts as 0", .basis = Basis::training_data},
    range_high{.name = "range_high", .long_name = "value that counts as 1", .basis = Basis::training_data};

const Evaluation description{
    .name = "reconstruction",
    .long_name = "errors of the likelihood's mean, in units of the values' range",
    .documentation =
        "squared and absolute errors of E[x|z] in units of the values' range, at z = E[z|x] and at a "
        "sample of q(z|x)",
    .values = {squared_error, absolute_error, squared_error_of_draw, range_low, range_high}};

}  // namespace elbo::host::evaluations::reconstruction

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/reconstruction.hpp"

#include <ATen/core/grad_mode.h>

#include "evaluate/measure.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

/// Mean over the values of each data point that are not missing, [B].
Tensor each(const Tensor& t) {
  const Tensor values = t.to(at::kDouble).flatten(1), missing = values.isnan();
  if (!missing.any().item<bool>()) return values.mean(1);
  return values.masked_fill(missing, 0).sum(1) / missing.logical_not().sum(1).clamp_min(1);
}

}  // namespace

observation::ValueRange value_range(const BatchSource& source) {
  if (const auto range = source.observation_model().range()) return *range;
  const Statistics s = source.statistics();
  const double low = s.min.min().item<double>();
  return {low, std::max(low + 1e-12, s.max.max().item<double>())};
}

ReconstructionError reconstruction_error(Model& model, const BatchSource& source, int64_t count, int64_t batch_size,
                                         double low, double high, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  ReconstructionError result;
  for_each_batch(source, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    const auto q = model.encoder->encode(batch.input);
    const auto error = [&](const Tensor& z) {
      return (model.likelihood->mean(decode(model, z, batch.condition)).squeeze(0) - batch.x) / (high - low);
    };
    const Tensor at_mean = error(posterior_mean(model, *q).unsqueeze(0));
    append(each(at_mean.square()), result.squared);
    append(each(at_mean.abs()), result.absolute);
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    append(each(error(q->draw(1, noise).z).square()), result.squared_of_draw);
  });
  model.set_training(true);
  return result;
}

}  // namespace elbo::host

namespace elbo::host::evaluations::reconstruction {

log::EvaluationGroup measure(const Measuring& m) {
  const observation::ValueRange range = value_range(m.seen);
  const auto r =
      reconstruction_error(m.model, m.seen, m.images(), m.run.evaluate.batch_size, range.low, range.high, m.rng);
  log::EvaluationGroup g = m.group(description);
  add_mean(g, squared_error, r.squared);
  add_mean(g, absolute_error, r.absolute);
  add_mean(g, squared_error_of_draw, r.squared_of_draw);
  g.add(range_low, range.low);
  g.add(range_high, range.high);
  return g;
}

}  // namespace elbo::host::evaluations::reconstruction

#endif  // ELBO_MEASURES
