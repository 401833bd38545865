// Makes a pass of a batch through the model.
#pragma once
#include <string>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::host {

/// Encodes, draws `samples` latents for each datum and scores them. Latent::path and Latent::score throw Error where the
/// posterior cannot be evaluated at a given z.
Pass forward(const Model& model, const Batch& batch, observation::Scoring scoring, int64_t samples, Rng& rng,
             Latent latent = Latent::sample);

/// E[z|x] [B, L]. Throws UserError with the encoder's name where q has no mean().
Tensor posterior_mean(const Model& model, const Posterior& q);
/// Whether the posteriors of this encoder have one, as that of the first test datum.
bool has_posterior_mean(const Model& model, const BatchSource& source);

/// The culprit of a non-finite pass in words, first in the order of computation: "log p(x|z) is nan (likelihood:gaussian)".
/// Empty where the pass is finite.
std::string first_non_finite(const Model& model, const Pass& pass);

}  // namespace elbo::host
