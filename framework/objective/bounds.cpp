#include "objective/bounds.hpp"

#include <cmath>

namespace elbo {

Terms terms_of(const Forward& pass, const ObjectiveConfig& config) {
  Terms t;
  t.reconstruction = pass.reconstruction.mean(0);
  if (!pass.log_q.defined()) return t;
  t.kl_sampled = (pass.log_q - pass.log_prior).mean(0);
  const bool closed_form = pass.kl_per_dim.has_value() && config.kl == "analytic";
  t.kl = closed_form ? pass.kl_per_dim->sum(1) : t.kl_sampled;
  if (pass.kl_per_dim) t.kl_per_dim = *pass.kl_per_dim;
  t.elbo = t.reconstruction - t.kl;
  return t;
}

Tensor grouped_bound(const Tensor& log_w, int64_t groups) {
  const int64_t k = log_w.size(0) / groups;
  return (log_w.reshape({groups, k, log_w.size(1)}).logsumexp(1) - std::log(static_cast<double>(k))).mean(0);
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
