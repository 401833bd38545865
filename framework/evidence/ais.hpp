// Annealed importance sampling (Neal 2001) with HMC along a path of densities, and its reverse from an exact sample of the end, so that
// log p(x) of data drawn from the model is known from both sides (Grosse et al. 2015).
#pragma once
#include <string>
#include <vector>

#include <elbo/objective_parts.hpp>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::host {

struct AisSettings {
  int64_t temperatures = 500;  // T, steps from the start to p(x, z)
  int64_t chains = 16;         // for each data point
  int64_t leapfrog_steps = 10;
  double acceptance = 0.65;         // that the pilot aims at
  std::string start = "posterior";  // f_0: q(z|x) of the encoder, or "prior"
};

/// From f_0, a distribution that can be sampled and is normalised, to p(x, z): log f_b = (1 - b) log f_0 + b log p(x, z).
struct AisPath {
  LogDensity log_start, log_joint;
  Tensor start;  // [S, B, L], draws of f_0
};

/// b_0 = 0 < b_1 < ... < b_T = 1, sigmoidal (Wu et al. 2017).
std::vector<double> temperatures(int64_t count);

/// Step sizes [T] of [B] that a pilot with a few chains of its own found; frozen from then on, because a step size that
/// follows the chain it moves would leave no distribution invariant.
std::vector<Tensor> pilot(const AisPath& path, const AisSettings& settings, const Rng& rng);

/// log w [S, B] float64, E[w] = p(x): a lower bound of log p(x) in expectation. `acceptance` gets the mean over T, [B].
Tensor forward_log_weights(const AisPath& path, const std::vector<Tensor>& steps, const AisSettings& settings,
                           const Rng& rng, Tensor* acceptance = nullptr);

/// The same path backwards from z [S, B, L], an exact draw of p(z|x): E[1 / w] = 1 / p(x), an upper bound.
Tensor reverse_log_weights(const AisPath& path, const Tensor& z, const std::vector<Tensor>& steps,
                           const AisSettings& settings, const Rng& rng);

struct Simulated {
  Batch batch;
  Tensor z;  // [1, B, L], an exact sample of p(z|x)
};

/// As many data drawn from the model as there are ids, each by noise of its own; of the dtype and device of `like`.
Simulated simulated(const Model& model, const BatchSource& source, const Tensor& ids, const Tensor& like,
                    const Rng& rng);

}  // namespace elbo::host
