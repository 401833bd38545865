// What the checks of priors share.
#pragma once
#include <elbo/model.hpp>

#include "conformance/tools.hpp"
#include "plugins/choice.hpp"

namespace elbo::host::conformance {

inline constexpr int64_t prior_draws = 20000;

/// A prior anew, with an encoder and data of the kit's own to begin with; the seed decides its first weights and those data.
std::shared_ptr<Prior> make_prior(const PluginChoice& choice, int64_t latent_dim, at::ScalarType dtype = at::kDouble,
                                  uint64_t seed = 0);
/// The same with its parameters moved, so that nothing rests on how it starts; in float64.
std::shared_ptr<Prior> moved_prior(const PluginChoice& choice, int64_t latent_dim);

/// z [S, B, L] where the prior may have some: normal numbers, or directions of the sphere.
Tensor some_latents(const Prior& prior, const Shape& shape);
/// [count, L]
Tensor draws(const Prior& prior, int64_t count, uint64_t seed);
/// z [n, L] -> [n]
Tensor log_prob(const Prior& prior, const Tensor& z);
/// The KL in closed form; nothing as well where the prior refuses the posterior because there is none that is finite.
std::optional<Tensor> closed_form(const Prior& prior, const Posterior& q);

/// Of the density, and whether it is 0 somewhere: a jump costs the rule most of its digits.
struct Total {
  double mass = 0;
  bool jumps = false;
};
/// By the trapezoidal rule in u, z_j = centre_j + width_j sinh(u_j): dense about the samples, and far into the tails. Of one or two latents.
Total integral_of(const Prior& prior, double reach, double step);

/// Of a prior on the unit sphere.
void check_sphere_quadrature(const PluginChoice& choice);
void check_sphere_draws(const PluginChoice& choice);

void check_prior_quadrature(const PluginChoice& choice);
void check_prior_kl(const PluginChoice& choice);
void check_prior_gradients(const PluginChoice& choice);

// many.cpp
void check_prior_many(const PluginChoice& choice);
void check_prior_shares(const PluginChoice& choice);

// upkeep.cpp
void check_prior_outliers(const PluginChoice& choice);
void check_prior_influence(const PluginChoice& choice);
void check_prior_state(const PluginChoice& choice);
void check_prior_training_mode(const PluginChoice& choice);
void check_prior_instances(const PluginChoice& choice);
void check_prior_many_data(const PluginChoice& choice);
void check_prior_threads(const PluginChoice& choice);
void check_prior_memory(const PluginChoice& choice);

}  // namespace elbo::host::conformance
