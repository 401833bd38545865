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

/// ELBO: estimators A (Monte Carlo KL) and B (closed form) of Kingma & Welling (2014), Eqs. 6 and 7.
Terms terms_of(const Forward& pass, const ObjectiveConfig& config);

/// log mean_k w_k [B] over groups of K samples of log w [M K, B], averaged over the M groups: IWAE (Burda et al. 2016)
/// for M = 1, else MIWAE (Rainforth et al. 2018).
Tensor grouped_bound(const Tensor& log_w, int64_t groups);

/// The importance-weighted bound of an objective [B]. With beta != 1 the weights are p(x|z) (p(z)/q(z|x))^beta.
Tensor importance_bound(const Forward& pass, const ObjectiveConfig& config, double beta);

/// What the objective comes to on data it is only tested on, [B]: its bound with beta = 1 and the plain KL.
Tensor tested_bound(const Forward& pass, const Terms& terms, const ObjectiveConfig& config);

}  // namespace elbo
