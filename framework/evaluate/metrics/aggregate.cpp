// Parts of the KL over all encoded test data, and the latent dimensions that carry it.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::aggregate {

constexpr Metric data{
    .name = "data", .long_name = "test data that q(z) is made of", .basis = Basis::first_test_data, .decimals = 0},
    mutual_information{.name = "mutual_information",
                       .unit = "nat",
                       .long_name = "I(x; z) (Hoffman & Johnson 2016), at most log_data",
                       .basis = Basis::first_test_data},
    log_data{.name = "log_data",
             .unit = "nat",
             .long_name = "log of the number of data: the largest I(x; z) there can be",
             .basis = Basis::first_test_data},
    aggregate_kl{.name = "aggregate_kl",
                 .unit = "nat",
                 .long_name = "KL(q(z) || p(z))",
                 .basis = Basis::first_test_data,
                 .better = Better::lower},
    total_correlation{.name = "total_correlation",
                      .unit = "nat",
                      .long_name = "KL(q(z) || prod_j q(z_j)) (Chen et al. 2018)",
                      .basis = Basis::first_test_data},
    dimension_kl{.name = "dimension_kl",
                 .unit = "nat",
                 .long_name = "sum_j KL(q(z_j) || p(z_j)), of a prior that factorises (Chen et al. 2018)",
                 .basis = Basis::first_test_data},
    active_units = metrics::active_units,
    informed_units{
        .name = "informed_units", .long_name = "latent dimensions with mean KL above 0.01 nat", .decimals = 0};

const Evaluation description{
    .name = "aggregate",
    .long_name = "parts of the KL over all encoded test data, and the units that carry it",
    .documentation =
        "the parts of E KL(q(z|x) || p(z)): mutual information, KL(q(z) || p(z)), and where q(z|x) "
        "factorises total correlation and KL of the single dimensions; active units",
    .source = "Hoffman and Johnson 2016; Chen et al. 2018; Burda et al. 2016",
    .needs_posterior = true,
    .values = {data, mutual_information, log_data, aggregate_kl, total_correlation, dimension_kl, active_units,
               informed_units}};

}  // namespace elbo::host::evaluations::aggregate

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/aggregate.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include <elbo/tensor.hpp>

#include "evaluate/measure.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr int64_t table_values = 4 << 20;  // of one chunk of draws against all data: 32 MiB in float64

/// Encoded data: their posteriors a batch, or all at once where they are factorised normals.
struct Encoded {
  std::vector<std::unique_ptr<Posterior>> batches;
  std::vector<Tensor> means, log_scales, draws, log_q;  // a batch each
  bool factorised = true;
};

Encoded encoded(Model& model, const BatchSource& source, int64_t count, int64_t samples, const Rng& rng) {
  constexpr int64_t batch_size = 500;
  Encoded all;
  for_each_batch(source, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    auto q = model.encoder->encode(batch.input);
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    Sample draw = q->draw(samples, noise);
    all.draws.push_back(draw.z);
    all.log_q.push_back(draw.log_prob);
    if (const auto normal = q->diagonal_normal()) {
      all.means.push_back(normal->mean);
      all.log_scales.push_back(normal->log_scale);
    } else {
      all.factorised = false;
    }
    all.batches.push_back(std::move(q));
  });
  return all;
}

/// log q(z) [K] of rows z [K, L], from every posterior.
Tensor log_mixture(const Encoded& all, const Tensor& z, int64_t data) {
  std::vector<Tensor> parts;
  for (size_t i = 0; i < all.batches.size(); ++i) {
    const auto& q = all.batches[i];
    const int64_t rows = all.draws[i].size(1);
    parts.push_back(q->log_prob(z.unsqueeze(1).expand({z.size(0), rows, z.size(1)}))->to(at::kDouble).logsumexp(1));
  }
  return elbo::stack(parts, 0).logsumexp(0) - std::log(static_cast<double>(data));
}

AggregateKl of_any(const Model& model, const Encoded& all, int64_t data) {
  AggregateKl result{.data = data};
  double rows = 0;
  for (size_t i = 0; i < all.draws.size(); ++i) {
    const Tensor z = all.draws[i].flatten(0, 1), own = all.log_q[i].flatten().to(at::kDouble);
    const Tensor log_p = model.prior->log_prob(all.draws[i]).flatten().to(at::kDouble);
    const int64_t at_once = std::max<int64_t>(1, table_values / (500 * model.latent_dim));
    for (int64_t first = 0; first < z.size(0); first += at_once) {
      const int64_t n = std::min(at_once, z.size(0) - first);
      const Tensor log_q = log_mixture(all, z.narrow(0, first, n), data);
      result.mutual_information += (own.narrow(0, first, n) - log_q).sum().item<double>();
      result.aggregate_kl += (log_q - log_p.narrow(0, first, n)).sum().item<double>();
      rows += static_cast<double>(n);
    }
  }
  result.mutual_information /= rows;
  result.aggregate_kl /= rows;
  return result;
}

}  // namespace

AggregateKl aggregate_kl(const DiagonalNormalParams& q, const Tensor& draws, const Prior& prior) {
  const Tensor mean = q.mean.detach().to(at::kDouble), log_scale = q.log_scale.detach().to(at::kDouble);
  const int64_t data = mean.size(0), dims = mean.size(1), samples = draws.size(0);
  const double log_n = std::log(static_cast<double>(data));
  const Tensor z = draws.detach().to(at::kDouble).flatten(0, 1),
               log_p = prior.log_prob(draws.detach()).to(at::kDouble).flatten();
  const Tensor own = -(0.5 * ((draws.to(at::kDouble) - mean) * (-log_scale).exp()).square() + log_scale + half_log_2pi)
                          .sum(2)
                          .flatten();
  const int64_t at_once = std::max<int64_t>(1, table_values / data);
  AggregateKl result{.data = data, .total_correlation = 0, .dimension_kl = 0};
  for (int64_t first = 0; first < z.size(0); first += at_once) {
    const int64_t n = std::min(at_once, z.size(0) - first);
    Tensor joint, marginals;  // [n, N] sum over dimensions; [n] sum of log q(z_j)
    for (int64_t j = 0; j < dims; ++j) {
      const Tensor u =
          (z.narrow(0, first, n).select(1, j).unsqueeze(1) - mean.select(1, j)) * (-log_scale.select(1, j)).exp();
      const Tensor each = -(0.5 * u.square() + log_scale.select(1, j) + half_log_2pi);
      const Tensor marginal = each.logsumexp(1) - log_n;
      joint = joint.defined() ? joint + each : each;
      marginals = marginals.defined() ? marginals + marginal : marginal;
    }
    const Tensor log_q = joint.logsumexp(1) - log_n;
    result.mutual_information += (own.narrow(0, first, n) - log_q).sum().item<double>();
    result.aggregate_kl += (log_q - log_p.narrow(0, first, n)).sum().item<double>();
    result.total_correlation += (log_q - marginals).sum().item<double>();
    result.dimension_kl += (marginals - log_p.narrow(0, first, n)).sum().item<double>();
  }
  const auto rows = static_cast<double>(data * samples);
  for (double* value :
       {&result.mutual_information, &result.aggregate_kl, &result.total_correlation, &result.dimension_kl})
    *value /= rows;
  return result;
}

AggregateKl aggregate_kl(Model& model, const BatchSource& source, int64_t count, int64_t samples, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const Encoded all = encoded(model, source, count, samples, rng);
  const bool scorable = all.batches.front()->log_prob(all.draws.front()).has_value();
  model.set_training(true);
  if (all.factorised)
    return aggregate_kl({elbo::cat(all.means, 0), elbo::cat(all.log_scales, 0)}, elbo::cat(all.draws, 1), *model.prior);
  if (!scorable)
    throw UserError(model.encoder->label() +
                    ": log q(z|x) cannot be taken at a given z; the mutual information expected a posterior "
                    "that can; leave \"aggregate\" out of the metrics");
  return of_any(model, all, count);
}

}  // namespace elbo::host

namespace elbo::host::evaluations::aggregate {

constexpr int64_t most_data = 5000;  // the cost grows with their square

double count_above(const std::vector<double>& values) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [](double x) { return x > active_variance; }));
}

log::EvaluationGroup measure(const Measuring& m) {
  const int64_t rows = std::min(m.images(), most_data);
  const AggregateKl kl = elbo::host::aggregate_kl(m.model, m.seen, rows, 1, m.rng);
  log::EvaluationGroup g = m.group(description);
  g.texts.push_back({"estimator", "q(z) is the mixture of q(z|x) of all these test data, one draw each"});
  g.add(data, static_cast<double>(kl.data));
  g.add(mutual_information, kl.mutual_information);
  g.add(log_data, std::log(static_cast<double>(kl.data)));
  g.add(aggregate_kl, kl.aggregate_kl);
  g.add(total_correlation, kl.total_correlation);
  g.add(dimension_kl, kl.dimension_kl);
  g.axes = {{"latent", "latent dimension", m.run.latent_dim}};
  if (has_posterior_mean(m.model, m.seen)) {
    const auto variances = activity(m.model, m.seen, m.test_rows());
    g.add(active_units, count_above(variances));
    g.arrays = {{{"activity", "1", "Var_x(E[z|x])"}, {"latent"}, variances}};
  } else {
    g.texts.push_back({"active_units", "not available: the encoder's posterior has no mean"});
  }
  const auto kl_each = test_pass(m.model, m.scored, Part::test, m.run.evaluate.batch_size, m.rng)
                           .kl_per_dim;  // empty without closed form
  if (kl_each.empty()) return g;
  g.add(informed_units, count_above(kl_each));
  g.arrays.push_back({metrics::kl_per_dim, {"latent"}, kl_each});
  return g;
}

}  // namespace elbo::host::evaluations::aggregate

#endif  // ELBO_MEASURES
