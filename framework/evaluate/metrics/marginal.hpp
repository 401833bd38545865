// The marginal-likelihood estimator of Kingma & Welling (2014), appendix D, for models of few latent dimensions.
#pragma once
#include <elbo/objective_parts.hpp>
#include "evaluate/evaluate.hpp"

namespace elbo::host {

struct MarginalSettings {
  int64_t samples = 50;   // L, posterior draws that the density is fitted to, and as many to measure with
  int64_t burn_in = 100;  // HMC moves before, in which the step size finds its acceptance; then it is frozen
  int64_t leapfrog_steps = 4;
  double acceptance = 0.9;
  bool from_prior = false;  // the chains begin at the prior instead of at the encoder's posterior
};

/// log p(x) ~ -log (1/L) sum_l q(z_l) / p(x, z_l), z_l ~ p(z|x), from log q and log p(x, z) [L, B] -> [B] float64.
/// E[1 / estimate] = 1 / p(x), so it is high in expectation, and far off where q has heavier tails than p(z|x).
Tensor reciprocal_estimate(const Tensor& log_q, const Tensor& log_joint);

/// log N(z; m, C) [S, B] of a normal distribution with full covariance fitted to draws [L, B, J], one a data point.
Tensor fitted_normal_log_prob(const Tensor& draws, const Tensor& z);

/// Of the first `count` data of a part: L chains a data point, their states after burn-in fit q, their states half a burn-in
/// later measure it. Throws UserError for fewer samples than a fit in that many latent dimensions needs.
std::vector<double> marginal_log_likelihood(Model& model, const BatchSource& source, Part part, int64_t count,
                                            const MarginalSettings& settings, const Rng& rng,
                                            const std::function<void(double)>& tick);

}  // namespace elbo::host
