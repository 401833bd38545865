// Priors on the unit sphere, whose density is one of its surface.
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/prior.hpp"
#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t nodes = 2000;

/// Points of the sphere, each with its share of the surface.
struct Surface {
  Tensor z, share;  // [n, L], [n]
};

/// Two points; a circle at equal angles; a sphere at equal angles about, and heights by midpoints.
Surface surface(int64_t latent_dim) {
  if (latent_dim == 1) return {doubles({-1, 1}).view({2, 1}), at::full({2}, 1., at::kDouble)};
  const auto turned = [](int64_t n) {
    return (at::arange(n, at::kDouble) + 0.5) * (2 * M_PI / static_cast<double>(n));
  };
  if (latent_dim == 2)
    return {at::stack({turned(nodes).cos(), turned(nodes).sin()}, 1), at::full({nodes}, 2 * M_PI / nodes, at::kDouble)};
  constexpr int64_t about = 100, heights = 400;
  const Tensor height = ((at::arange(heights, at::kDouble) + 0.5) * (2. / heights) - 1).repeat_interleave(about);
  const Tensor around = turned(about).repeat({heights}), radius = (1 - height.square()).sqrt();
  const double share = 4 * M_PI / (about * heights);
  return {at::stack({radius * around.cos(), radius * around.sin(), height}, 1),
          at::full({about * heights}, share, at::kDouble)};
}

}  // namespace

void check_sphere_quadrature(const PluginChoice& choice) {
  for (const int64_t latent_dim : {1, 2, 3}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Surface all = surface(latent_dim);
    const double mass = number((log_prob(*prior, all.z).exp() * all.share).sum());
    if (!(std::abs(mass - 1) < 1e-3))
      fail("for L = {} the density integrates to {:.6g} over the sphere; expected 1", latent_dim, mass);
    if (log_prob(*prior, all.z * 1.1).isfinite().any().item<bool>())
      fail("for L = {} log_prob is finite off the sphere; expected -inf", latent_dim);
  }
}

/// As of the other priors: the mean over draws of h(z) / p(z) is 1 for each law h of the sphere.
void check_sphere_draws(const PluginChoice& choice) {
  constexpr int64_t n = 20000;
  for (const int64_t latent_dim : {2, 3}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Tensor centres = draws(*prior, 8, 2), z = draws(*prior, n, 3), log_p = log_prob(*prior, z);
    if (off_sphere(z.unsqueeze(0)).any().item<bool>()) fail("for L = {} a draw is not on the sphere", latent_dim);
    for (int64_t i = 0; i < 8; ++i) {
      const auto h = von_mises_fisher(centres.slice(0, i, i + 1), doubles({std::log(6.)}));
      const Tensor weight = (h->log_prob(z.unsqueeze(1))->squeeze(1) - log_p).exp();
      if (!(std::abs(z_of_mean(weight, 1)) < largest_z))
        fail(
            "for L = {} the draws do not follow log_prob: about z = {} there are {:.3g} times as many as log_prob says",
            latent_dim, in_words(centres[i]), number(weight.mean()));
    }
  }
}

}  // namespace elbo::conformance
