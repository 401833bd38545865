// KL(q || p) in closed form, per latent dimension [B, L], for the families of posteriors that have one; nothing for others.
// Latents that depend on each other are split by the chain rule: dimension j is E KL(q(z_j | z_<j) || p(z_j)).
#pragma once
#include <elbo/posterior.hpp>

namespace elbo {

/// To N(0, I): normal, full normal, Laplace and uniform q.
ELBO_EXPORT std::optional<Tensor> kl_to_standard_normal(const Posterior& q);
/// To independent normal laws; mean and log_scale [L].
ELBO_EXPORT std::optional<Tensor> kl_to_normal(const Posterior& q, const Tensor& mean, const Tensor& log_scale);
/// To independent Laplace laws about 0 of one scale: normal, full normal and Laplace q.
ELBO_EXPORT std::optional<Tensor> kl_to_laplace(const Posterior& q, double scale);

}  // namespace elbo
