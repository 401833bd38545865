#include "objective/bounds.hpp"

#include <numeric>

#include "objective/grouped_bound.hpp"
#include "objective/weighted_sum.hpp"

namespace elbo {
namespace {

Tensor mean_over_samples(const Tensor& t) { return t.size(0) == 1 ? t.squeeze(0) : t.mean(0); }
double mean_value(const Tensor& t) { return sum_of(t) / static_cast<double>(t.numel()); }
bool has_closed_form(const Forward& pass, const ObjectiveConfig& config) { return pass.kl_per_dim.has_value() && config.kl == "analytic"; }

}  // namespace

Terms terms_of(const Forward& pass, const ObjectiveConfig& config) {
  Terms t;
  t.reconstruction = mean_over_samples(pass.reconstruction);
  if (!pass.log_q.defined()) return t;
  t.kl_sampled = mean_over_samples(pass.log_q - pass.log_prior);
  t.kl = has_closed_form(pass, config) ? pass.kl_per_dim->sum(1) : t.kl_sampled;
  if (pass.kl_per_dim) t.kl_per_dim = *pass.kl_per_dim;
  t.elbo = t.reconstruction - t.kl;
  return t;
}

Means means_of(const Forward& pass, const ObjectiveConfig& config) {
  Means m{.reconstruction = mean_value(pass.reconstruction)};
  if (!pass.log_q.defined()) return m;
  m.kl = m.kl_sampled = mean_value(pass.log_q) - mean_value(pass.log_prior);
  if (pass.kl_per_dim) m.kl_per_dim = column_sums(*pass.kl_per_dim);
  if (has_closed_form(pass, config))
    m.kl = std::accumulate(m.kl_per_dim.begin(), m.kl_per_dim.end(), 0.0) / static_cast<double>(pass.kl_per_dim->size(0));
  m.elbo = m.reconstruction - *m.kl;
  return m;
}

Tensor importance_bound(const Forward& pass, const ObjectiveConfig& config, double beta) {
  return grouped_bound(pass.reconstruction + beta * (pass.log_prior - pass.log_q), config.bound == "miwae" ? config.groups : 1);
}

Tensor tested_bound(const Forward& pass, const Terms& terms, const ObjectiveConfig& config) {
  if (!terms.elbo.defined()) return terms.reconstruction;
  if (config.bound == "elbo" || config.bound == "wake_sleep" || config.bound == "mcem") return terms.elbo;
  const Tensor bound = importance_bound(pass, config, 1.0);
  return config.bound == "ciwae" ? config.mix * terms.elbo + (1 - config.mix) * bound : bound;
}

}  // namespace elbo
