// The bounds and the terms of one pass, per datum.
#pragma once
#include "experiment/objective_config.hpp"
#include "objective/forward.hpp"

namespace elbo {

/// Per datum, [B] each, of beta = 1 whatever is maximised.
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
Terms terms_of(const Forward& pass, const ObjectiveConfig& config);
Means means_of(const Forward& pass, const ObjectiveConfig& config);

/// The importance-weighted bound of an objective [B]. With beta != 1 the weights are p(x|z) (p(z)/q(z|x))^beta.
Tensor importance_bound(const Forward& pass, const ObjectiveConfig& config, double beta);

/// What the objective comes to on data it is only tested on, [B]: its bound with beta = 1 and the plain KL.
Tensor tested_bound(const Forward& pass, const Terms& terms, const ObjectiveConfig& config);

}  // namespace elbo
