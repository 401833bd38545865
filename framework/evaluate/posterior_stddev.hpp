#pragma once
#include <elbo/posterior.hpp>

namespace elbo::host {

/// Standard deviation of each latent of q(z|x), [B, L]: exact for normal, Laplace, uniform and von Mises-Fisher
/// distributions, else that of 100 draws, right to about 7 %. `ids` [B] are the data's, so that neither depends on the
/// batch.
Tensor posterior_stddev(const Posterior& q, const Tensor& ids);

}  // namespace elbo::host
