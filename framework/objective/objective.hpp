// What is maximised, written as named terms. The host alone reduces over S and B.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "objective/model.hpp"
#include "plan/settings.hpp"

namespace elbo {

/// One pass of a batch through the four plugins.
struct Forward {
  std::unique_ptr<Posterior> posterior;
  Tensor z;               // [S, B, L]
  Tensor reconstruction;  // [S, B], log p(x|z)
  Tensor log_q, log_prior;  // [S, B]; undefined for a deterministic autoencoder
  std::optional<Tensor> kl_per_dim;  // [B, L], closed form

  /// log p(x, z) - log q(z|x), [S, B]
  Tensor log_weight() const { return reconstruction + log_prior - log_q; }
};

/// Samples z (from_mean: z = E[z|x], no noise) and scores it.
Forward forward(const Model& model, const Batch& batch, data::Scoring scoring, int64_t samples, Rng& rng, bool from_mean = false);

/// Per datum, [B] each. elbo, reconstruction and kl are those of beta = 1 whatever is maximised.
struct Terms {
  Tensor objective;       // what is maximised; its gradient trains
  Tensor elbo;            // undefined for an autoencoder, which has none
  Tensor reconstruction;  // E_q log p(x|z), mean over S
  Tensor kl;              // closed form or mean over S of log q - log p; undefined for an autoencoder
  Tensor kl_per_dim;      // [B, L], undefined without a closed form
};

/// Reduces a pass to the terms of this objective. beta weighs the KL.
/// ELBO: estimators A (Monte Carlo KL) and B (closed form) of Kingma & Welling (2014), Eqs. 6 and 7.
/// IWAE: log mean_k w_k (Burda et al. 2016); with beta != 1 the weights are p(x|z) (p(z)/q(z|x))^beta.
Terms terms_of(const Forward& pass, const ObjectiveConfig& config, double beta);

/// beta in this epoch (from 0): rises linearly to config.beta over warmup_epochs.
double beta_at(const ObjectiveConfig& config, double epoch);

/// The culprit of a non-finite pass in words, first in the order of computation: "log p(x|z) is nan (likelihood:gaussian)".
std::string first_non_finite(const Model& model, const Forward& pass);

}  // namespace elbo
