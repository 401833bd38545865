#include "train/step.hpp"

#include <cmath>

namespace elbo {

Terms train_step(const Run& run, const Model& model, const Feed& feed, Optimizer& optimizer, const Tensor& ids,
                 const Rng& rng, double beta) {
  const Batch batch = feed.batch(Part::train, ids, rng);
  Rng noise = rng.fork("posterior").for_data(ids);
  const bool from_mean = run.objective.bound == "autoencoder";
  const Forward pass = forward(model, batch, feed.view().scoring, run.objective.samples, noise, from_mean);
  Terms terms = terms_of(pass, run.objective, beta);
  const Tensor loss = -terms.objective.mean();
  if (!std::isfinite(loss.item<double>())) throw NotFinite(first_non_finite(model, pass));
  optimizer.zero_grad();
  loss.backward();
  if (run.train.clip_norm > 0) optimizer.clip(run.train.clip_norm);
  optimizer.step();
  return terms;
}

}  // namespace elbo
