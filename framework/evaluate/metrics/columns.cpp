// What each column of a table contributes to log p(x|z).
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::columns {

constexpr Metric reconstruction = metrics::reconstruction.as(
                     "E_q log p(x_d|z) of the column, mean over test data; those that lack the value count as 0"),
                 observed{.name = "observed", .long_name = "test data that have the column's value"};

const Evaluation description{
    .name = "columns",
    .long_name = "E_q log p(x_d|z) of each column, whose sum is the reconstruction",
    .documentation =
        "of rows of a table: what each column contributes to `reconstruction`, by the same samples of z; "
        "measured of every such run. `columns_each` keeps it of each test data point. The KL divergence "
        "belongs to all columns together",
    .is_usual = false,
    .uses_images = false,
    .values = {reconstruction, observed}};

}  // namespace elbo::host::evaluations::columns

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include <ATen/core/grad_mode.h>

#include "evaluate/measure.hpp"
#include "model/forward.hpp"

namespace elbo::host::evaluations::columns {
namespace {

/// Log-densities of the columns, [rows, D] row-major, of all test data, and how many of these have each column.
struct Terms {
  std::vector<double> each, observed;
};

Terms terms(const Measuring& m) {
  const at::NoGradGuard no_gradients;
  m.model.set_training(false);
  const Sampling sampling = m.model.objective->sampling();
  const Latent latent = has_posterior(m.model) ? Latent::sample : Latent::mean;
  const Rng rng = m.scored.rng(m.run.seed).fork("test");  // the noise of the terms in the log
  Terms all;
  Tensor observed;
  for_each_batch(m.scored, Part::test, m.test_rows(), m.run.evaluate.batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    const auto q = m.model.encoder->encode(batch.input);
    const Tensor z =
        latent == Latent::mean ? posterior_mean(m.model, *q).unsqueeze(0) : q->draw(sampling.samples, noise).z;
    append(score_each(*m.model.likelihood, batch.x, decode(m.model, z, batch.condition)).to(at::kDouble).mean(0),
           all.each);
    const Tensor here = batch.x.isnan().logical_not().to(at::kDouble).sum(0);
    observed = observed.defined() ? observed + here : here;
  });
  m.model.set_training(true);
  append(observed, all.observed);
  return all;
}

}  // namespace

log::EvaluationGroup measure(const Measuring& m) {
  const Observation& x = m.scored.observation_model().observation;
  if (x.columns.empty() || m.scored.observation_model().scoring() == observation::Scoring::interval)
    throw UserError("the data are no table whose columns are scored one by one; expected rows of named columns");
  if (!has_log_prob_per_value(*m.model.likelihood))
    throw UserError(m.model.likelihood->label() +
                    " scores the values of a row together; expected a likelihood that "
                    "gives the log-density of each value (log_prob_per_value)");
  const Terms all = terms(m);
  const size_t width = x.columns.size();
  const auto rows = static_cast<double>(m.test_rows());
  std::vector<double> means(width, 0);
  for (size_t i = 0; i < all.each.size(); ++i) means[i % width] += all.each[i] / rows;
  log::EvaluationGroup g = m.group(description);
  m.add_measure(g, {.samples = m.model.objective->sampling().samples, .images = m.test_rows()}, "neither");
  std::vector<std::string> names;
  for (const Column& column : x.columns) names.push_back(column.name);
  g.axes = {{"column", "column of the table", static_cast<int64_t>(width), {}, names}};
  g.arrays = {{reconstruction, {"column"}, means}, {observed, {"column"}, all.observed}};
  if (!m.run.evaluate.columns_each) return g;
  g.axes.push_back({"sample", "data point of the test data", m.test_rows()});
  log::Column each(reconstruction);
  each.name += "_each";
  g.arrays.push_back({each, {"sample", "column"}, all.each});
  return g;
}

}  // namespace elbo::host::evaluations::columns

#endif  // ELBO_MEASURES
