// The ELBO of one pass and its terms, which are logged whatever is maximised.
#pragma once
#include <optional>

#include "model/forward.hpp"

namespace elbo::host {

/// Per datum, [B] each, with a weight of 1.
struct Terms {
  Tensor elbo;            // undefined for an autoencoder, which has none
  Tensor reconstruction;  // E_q log p(x|z), mean over S
  Tensor kl;              // closed form or mean over S of log q - log p; undefined for an autoencoder
  Tensor kl_sampled;      // mean over S of log q - log p: beside a closed form, a check of both
  Tensor kl_per_dim;      // [B, L], undefined without a closed form
};

/// The same terms as means over the batch, and kl_per_dim as sums over it; empty where undefined. A training step logs these.
struct Means {
  double reconstruction = 0;
  std::optional<double> elbo, kl, kl_sampled;
  std::vector<double> kl_per_dim;
};

/// ELBO: estimators A (Monte Carlo KL) and B (closed form) of Kingma & Welling (2014), Eqs. 6 and 7.
Terms terms_of(const Pass& pass);
Means means_of(const Pass& pass);

}  // namespace elbo::host
