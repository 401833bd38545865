// Latents on the unit sphere of R^L: their densities are with respect to its surface, not to volume.
#pragma once
#include <elbo/posterior.hpp>

namespace elbo {

/// log of the surface of the unit sphere of R^dims; log 2 for dims = 1, two points.
ELBO_EXPORT double log_sphere_area(int64_t dims);
/// z [S, B, L] -> [S, B] (bool): farther from the sphere than float32 rounds. Densities are 0 there.
ELBO_EXPORT Tensor off_sphere(const Tensor& z);
/// z [..., L], each moved to the sphere along its ray.
ELBO_EXPORT Tensor onto_sphere(const Tensor& z);

/// von Mises-Fisher laws: density proportional to exp(concentration direction z). The direction is that of `towards`
/// [B, L], L >= 2, and the first axis for a 0; log_concentration [B]. Draws have exact pathwise gradients.
ELBO_EXPORT std::unique_ptr<Posterior> von_mises_fisher(const Tensor& towards, const Tensor& log_concentration);
/// KL to the uniform law on the sphere, [B, L]: it belongs to the direction as a whole, so each latent has an equal
/// share. Nothing for a q that is not on the sphere.
ELBO_EXPORT std::optional<Tensor> kl_to_uniform_on_sphere(const Posterior& q);

}  // namespace elbo
