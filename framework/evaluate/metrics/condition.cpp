// What a model of p(x|c) makes of c.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::condition {

constexpr Metric use{
    .name = "use",
    .unit = "nat",
    .long_name = "E_q[log p(x|z,c) - log p(x|z,c')] with c' that of another test data point: 0 where c is ignored",
    .better = Better::higher},
    use_se{.name = "use_se", .unit = "nat", .long_name = "standard error of use over these test data"},
    elbo = metrics::elbo.as("mean ELBO of these test data"),
    data{.name = "data", .long_name = "test data with this level, or all", .decimals = 0};

const Evaluation description{
    .name = "condition",
    .long_name = "what the model makes of what it is given, and its ELBO by level",
    .documentation =
        "of runs with `dataset.condition`: how many nats log p(x|z,c) loses when each test data point is given what "
        "belongs to another, at the same z ~ q(z|x,c); and the ELBO of each level. Measured of every such run",
    .is_usual = false,
    .uses_images = false,
    .values = {use, use_se, data, elbo}};

}  // namespace elbo::host::evaluations::condition

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/condition.hpp"
#include "evaluate/measure.hpp"
#include "metrics/statistics.hpp"
#include "model/forward.hpp"

namespace elbo::host::evaluations::condition {
namespace {

struct Scores {
  std::vector<double> elbo, own, other;  // of each test data point; log p(x|z,c) given its own c and that of another
  std::vector<bool> is_given;            // whether anything of its own c is known
};

/// Those half the test data further on: they are in no order.
Tensor others(const Tensor& ids, int64_t rows) { return (ids + std::max<int64_t>(1, rows / 2)).remainder(rows); }

Scores scores(const Measuring& m) {
  const at::NoGradGuard no_gradients;
  m.model.set_training(false);
  const observation::Scoring scoring = m.scored.observation_model().scoring();
  const Latent latent = has_posterior(m.model) ? Latent::sample : Latent::mean;
  const Rng rng = m.scored.rng(m.run.seed).fork("test");  // the noise of the terms in the log
  Scores all;
  for_each_batch(m.scored, Part::test, m.test_rows(), m.run.evaluate.batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    const Pass pass = forward(m.model, batch, scoring, m.model.objective->sampling().samples, noise, latent);
    const Tensor given = m.scored.condition_of(Part::test, others(batch.ids, m.test_rows()));
    const Tensor known = batch.condition.abs().sum(1).gt(0).to(at::kCPU);
    for (int64_t i = 0; i < batch.size(); ++i) all.is_given.push_back(known[i].item<bool>());
    append(pass.log_lik.to(at::kDouble).mean(0), all.own);
    append(score(m.model, batch, scoring, decode(m.model, pass.z, given)).to(at::kDouble).mean(0), all.other);
    if (latent == Latent::sample) append(terms_of(pass).elbo, all.elbo);
  });
  m.model.set_training(true);
  return all;
}

/// What is said of some of the test data: all of them, or those of one level.
struct Rows {
  std::vector<std::string> names;
  std::vector<double> use, use_se, elbo, data;

  void add(const std::string& name, const Scores& all, const std::vector<bool>& chosen) {
    std::vector<double> gains, bounds;
    double count = 0;
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (!chosen[i]) continue;
      if (all.is_given[i]) gains.push_back(all.own[i] - all.other[i]);
      ++count;
      if (!all.elbo.empty()) bounds.push_back(all.elbo[i]);
    }
    names.push_back(name);
    use.push_back(gains.empty() ? NAN : mean_of(gains));
    use_se.push_back(gains.empty() ? NAN : standard_error(gains));
    elbo.push_back(mean_of(bounds));
    data.push_back(count);
  }
};

void add_levels(const Measuring& m, size_t place, const Scores& all, Rows& rows) {
  const data::ConditionColumn& column = m.dataset.condition[place];
  const std::vector<double>& values = m.scored.split(Part::test).condition[place];
  for (size_t level = 0; level < column.levels.size(); ++level) {
    std::vector<bool> chosen;
    for (const double value : values) chosen.push_back(value == static_cast<double>(level));
    if (std::find(chosen.begin(), chosen.end(), true) != chosen.end())
      rows.add(column.name + " is " + column.levels[level], all, chosen);
  }
  std::vector<bool> unknown;
  for (const double value : values) unknown.push_back(data::is_unknown(column, value));
  if (std::find(unknown.begin(), unknown.end(), true) != unknown.end())
    rows.add(column.name + " is not known", all, unknown);
}

}  // namespace

log::EvaluationGroup measure(const Measuring& m) {
  if (m.dataset.condition.empty())
    throw UserError("the run is one of p(x), of which nothing is given; expected a run with dataset.condition");
  const Scores all = scores(m);
  log::EvaluationGroup g = m.group(description);
  m.add_measure(g, {.samples = m.model.objective->sampling().samples, .images = m.test_rows()}, "neither");
  Rows rows;
  rows.add("all", all, std::vector<bool>(all.own.size(), true));
  for (size_t place = 0; place < m.dataset.condition.size(); ++place) add_levels(m, place, all, rows);
  g.axes = {{"level", "level of what is given", static_cast<int64_t>(rows.names.size()), {}, rows.names}};
  g.arrays = {{use, {"level"}, rows.use}, {use_se, {"level"}, rows.use_se}, {data, {"level"}, rows.data}};
  if (!all.elbo.empty()) g.arrays.push_back({elbo, {"level"}, rows.elbo});
  return g;
}

}  // namespace elbo::host::evaluations::condition

#endif  // ELBO_MEASURES
