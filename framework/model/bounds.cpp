#include "model/bounds.hpp"

#include <numeric>

#include "model/weighted_sum.hpp"

namespace elbo::host {
namespace {

double mean_value(const Tensor& t) { return sum_of(t) / static_cast<double>(t.numel()); }

}  // namespace

Terms terms_of(const Pass& pass) {
  Terms t;
  t.reconstruction = pass.reconstruction_each();
  if (!pass.log_q.defined()) return t;
  const Tensor difference = pass.log_q - pass.log_prior;
  t.kl_sampled = difference.size(0) == 1 ? difference.squeeze(0) : difference.mean(0);
  t.kl = pass.has_closed_kl() ? pass.kl_each() : t.kl_sampled;
  if (pass.kl_per_dim) t.kl_per_dim = *pass.kl_per_dim;
  t.elbo = t.reconstruction - t.kl;
  return t;
}

Means means_of(const Pass& pass) {
  Means m{.reconstruction = mean_value(pass.log_lik)};
  if (!pass.log_q.defined()) return m;
  m.kl = m.kl_sampled = mean_value(pass.log_q) - mean_value(pass.log_prior);
  if (pass.kl_per_dim) m.kl_per_dim = column_sums(*pass.kl_per_dim);
  if (pass.has_closed_kl())
    m.kl =
        std::accumulate(m.kl_per_dim.begin(), m.kl_per_dim.end(), 0.0) / static_cast<double>(pass.kl_per_dim->size(0));
  m.elbo = m.reconstruction - *m.kl;
  return m;
}

}  // namespace elbo::host
