// One pass of a batch through the four plugins.
#pragma once
#include <optional>
#include <string>

#include "objective/model.hpp"

namespace elbo {

/// Where z comes from, and what carries gradient to the encoder.
enum class Latent {
  sample,  // z ~ q(z|x), all of it
  path,    // z ~ q(z|x), but log q(z|x) is that of fixed parameters: gradient flows through z alone (Roeder et al. 2017)
  mean     // z = E_q[z|x], without noise
};

struct Forward {
  std::unique_ptr<Posterior> posterior;
  Tensor z;                 // [S, B, L]
  Tensor reconstruction;    // [S, B], log p(x|z)
  Tensor log_q, log_prior;  // [S, B]; undefined for Latent::mean
  std::optional<Tensor> kl_per_dim;  // [B, L], closed form
  Tensor log_joint_of_chain;  // [B], log p(x, z) at the state of the datum's chain; Monte Carlo EM alone

  /// log p(x, z) - log q(z|x), [S, B]
  Tensor log_weight() const { return reconstruction + log_prior - log_q; }
};

/// Encodes, draws `samples` latents for each datum and scores them. Latent::path throws Error where the posterior
/// cannot be evaluated at a given z.
Forward forward(const Model& model, const Batch& batch, data::Scoring scoring, int64_t samples, Rng& rng, Latent latent = Latent::sample);

/// The culprit of a non-finite pass in words, first in the order of computation: "log p(x|z) is nan (likelihood:gaussian)".
std::string first_non_finite(const Model& model, const Forward& pass);

}  // namespace elbo
