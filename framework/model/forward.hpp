// Makes a pass of a batch through the model.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::host {

/// Encodes, draws `samples` latents for each data point and scores them. Latent::path and Latent::score throw Error where the
/// posterior cannot be evaluated at a given z.
Pass forward(const Model& model, const Batch& batch, observation::Scoring scoring, int64_t samples, Rng& rng,
             Latent latent = Latent::sample);

/// E[z|x] [B, L]. Throws UserError with the encoder's name where q has no mean().
Tensor posterior_mean(const Model& model, const Posterior& q);
/// Whether the posteriors of this encoder have one, as that of the first test data point.
bool has_posterior_mean(const Model& model, const BatchSource& source);

/// The culprit of a non-finite pass in words, first in the order of computation: "log p(x|z) is nan (likelihood:gaussian)".
/// Empty where the pass is finite.
std::string first_non_finite(const Model& model, const Batch& batch, const Pass& pass);

// The terms of the ELBO on data that a model was not trained on, always with the weights of the ELBO.

/// Means over the data of one part.
struct PassResult {
  double objective = 0, elbo = 0, reconstruction = 0, kl = 0;   // elbo and kl are NaN for an autoencoder
  std::vector<double> kl_per_dim;                               // empty without a closed form
  std::vector<double> elbo_each, reconstruction_each, kl_each;  // one a data point
};

/// One pass over a part without training, with as many samples as the model's objective takes. Noise is a function of rng and the data point, so the batch size does not matter.
PassResult test_pass(Model& model, const BatchSource& source, Part part, int64_t batch_size, const Rng& rng);

// The ELBO of one pass and its terms, which are logged whatever is maximised.

/// Per data point, [B] each, with a weight of 1.
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

// What the passes over the data of a part share.

/// Appends the values of t, row-major.
void append(const Tensor& t, std::vector<double>& to);
void append(const Tensor& t, std::vector<float>& to);

/// f(batch) for the first `count` data of a part.
template <class F>
void for_each_batch(const BatchSource& source, Part part, int64_t count, int64_t batch_size, const Rng& rng, F&& f) {
  for (int64_t first = 0; first < count; first += batch_size)
    f(source.batch(part, first, std::min(batch_size, count - first), rng));
}

/// How many samples of a batch may be decoded at once, so that the decoder's output stays below 64 MiB of
/// float32, and below what this machine has for each of its cores. The same on the same machine, whatever else runs there.
int64_t samples_at_once(const Model& model, const BatchSource& source, int64_t batch_size);

/// Draws of the prior [S, B, L] for these data, each from a generator of its own, so that the others in the batch change nothing.
Tensor prior_draws(const Model& model, const Batch& batch, int64_t samples, const Rng& rng);

}  // namespace elbo::host
