#include "evaluate/posterior_stddev.hpp"

#include <cmath>

namespace elbo::host {
namespace {

constexpr int64_t spread_draws = 100;

/// E[z z'] - E[z] E[z]' = A/k (I - m m') + A' m m', with A the mean of the cosine and A' = 1 - A^2 - (L - 1) A/k
/// its slope.
Tensor of_von_mises_fisher(const VonMisesFisherParams& p) {
  const auto tangents = static_cast<double>(p.direction.size(1) - 1);
  const Tensor across = (1 - p.mean_gap) / p.concentration;
  const Tensor along = (p.mean_gap * (2 - p.mean_gap) - tangents * across).clamp_min(0),
               share = p.direction.to(at::kDouble).square();
  return ((1 - share) * across.unsqueeze(1) + share * along.unsqueeze(1)).sqrt().to(p.direction.scalar_type());
}

}  // namespace

Tensor posterior_stddev(const Posterior& q, const Tensor& ids) {
  if (const auto p = q.diagonal_normal()) return p->log_scale.exp();
  if (const auto p = q.full_normal()) return p->scale.square().sum(2).sqrt();
  if (const auto p = q.laplace()) return p->log_scale.exp() * std::sqrt(2);
  if (const auto p = q.uniform()) return p->log_width.exp() / std::sqrt(12);
  if (const auto p = q.von_mises_fisher()) return of_von_mises_fisher(*p);
  const Tensor mean = q.mean();
  Rng rng = Rng(0).like(mean.defined() ? mean : ids.toType(at::kFloat)).fork("spread").for_data(ids);
  return q.draw(spread_draws, rng).z.std(0);
}

}  // namespace elbo::host
