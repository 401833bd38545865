// q(z|x) for one batch of data, and its KL to priors in closed form. All of it throws c10::Error, libtorch's exception, where shapes do
// not fit together; what a posterior of one's own throws passes through.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <elbo/random.hpp>

namespace elbo {

struct Sample {
  Tensor z;         // [S, B, L]
  Tensor log_prob;  // [S, B], log q(z|x)
};

/// Parameters of a factorised normal distribution.
struct DiagonalNormalParams {
  Tensor mean, log_scale;  // [B, L]
};

/// Of a normal distribution with covariance scale scale^T.
struct FullNormalParams {
  Tensor mean;          // [B, L]
  Tensor scale;         // [B, L, L], lower triangular
  Tensor log_diagonal;  // [B, L], log of scale's diagonal
};

/// Of a factorised Laplace distribution.
struct LaplaceParams {
  Tensor mean, log_scale;  // [B, L]
};

/// Of a uniform distribution on a box.
struct UniformParams {
  Tensor low, high, log_width;  // [B, L]
};

/// Of a von Mises-Fisher distribution on the unit sphere of R^L.
struct VonMisesFisherParams {
  Tensor direction;      // [B, L], of length 1
  Tensor concentration;  // [B]
  Tensor log_peak;       // [B], log of the density at the direction
  Tensor mean_gap;       // [B], E[1 - direction z]
};

/// A distribution of any family, by the names that whoever made it gave: {"kumaraswamy", {{"a", a}, {"b", b}}}.
struct NamedDistribution {
  std::string family;
  std::vector<std::pair<std::string, Tensor>> parameters;  // [B, ...] each

  /// Throws Error where there is no parameter of that name.
  ELBO_EXPORT const Tensor& operator[](const std::string& name) const;
};

class ELBO_EXPORT Posterior {
 public:
  virtual ~Posterior();
  /// Reparameterised samples: gradients flow through z. The only source of noise is rng.
  virtual Sample draw(int64_t samples, Rng& rng) const = 0;
  /// [B, L]; of a distribution whose mean has no closed form or means nothing, another point that stands for it: with flows the image
  /// of the base's mean, on the sphere the direction. Undefined, the default, where no point stands for it: then what needs one is said not
  /// to be available.
  virtual Tensor mean() const;
  /// log q(z|x) of given z [S, B, L] -> [S, B]; nothing when only draws can be scored.
  virtual std::optional<Tensor> log_prob(const Tensor& z) const;
  /// Set when q is a factorised normal, so that priors can offer KL in closed form.
  virtual std::optional<DiagonalNormalParams> diagonal_normal() const;
  /// The same for the other families; each posterior sets one at most.
  virtual std::optional<FullNormalParams> full_normal() const;
  virtual std::optional<LaplaceParams> laplace() const;
  virtual std::optional<UniformParams> uniform() const;
  virtual std::optional<VonMisesFisherParams> von_mises_fisher() const;
  /// The same for a family that elbo does not know, so that a prior that knows it can offer a KL in closed form.
  virtual std::optional<NamedDistribution> named() const;
};

namespace posteriors {

/// N(mean, diag(exp(2 log_scale))); both [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> diagonal_normal(Tensor mean, Tensor log_scale);
/// N(mean, S S^T) with S = diag(exp(log_scale)) (I + the strictly lower triangle of `below` [B, L, L]).
ELBO_EXPORT std::unique_ptr<Posterior> full_normal(Tensor mean, Tensor log_scale, const Tensor& below);
/// Independent Laplace distributions of scale exp(log_scale); both [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> laplace(Tensor mean, Tensor log_scale);
/// Uniform on a box within [-1, 1]^L: below it, of its width and above it are 2 softmax(centre, log_width, -centre); [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> uniform(const Tensor& centre, const Tensor& log_width);
/// von Mises-Fisher distributions: density proportional to exp(concentration direction z). The direction is that of `towards`
/// [B, L], L >= 2, and the first axis for a 0; log_concentration [B]. Draws have exact pathwise gradients.
ELBO_EXPORT std::unique_ptr<Posterior> von_mises_fisher(const Tensor& towards, const Tensor& log_concentration);

}  // namespace posteriors

// ---------------------------------------------------------------------------------------------- KL

// KL(q || p) in closed form, per latent dimension [B, L], for the families of posteriors that have one; nothing for others.
// Latents that depend on each other are split by the chain rule: dimension j is E KL(q(z_j | z_<j) || p(z_j)).

/// To N(0, I): normal, full normal, Laplace and uniform q.
ELBO_EXPORT std::optional<Tensor> kl_to_standard_normal(const Posterior& q);
/// To independent normal distributions; mean and log_scale [L].
ELBO_EXPORT std::optional<Tensor> kl_to_normal(const Posterior& q, const Tensor& mean, const Tensor& log_scale);
/// To independent Laplace distributions about 0 of one scale: normal, full normal and Laplace q.
ELBO_EXPORT std::optional<Tensor> kl_to_laplace(const Posterior& q, double scale);

// ------------------------------------------------------------------------------------------ sphere

// Latents on the unit sphere of R^L: their densities are with respect to its surface, not to volume.

/// log of the surface of the unit sphere of R^dims; log 2 for dims = 1, two points.
ELBO_EXPORT double log_sphere_area(int64_t dims);
/// z [S, B, L] -> [S, B] (bool): farther from the sphere than float32 rounds. Densities are 0 there.
ELBO_EXPORT Tensor off_sphere(const Tensor& z);
/// z [..., L], each moved to the sphere along its ray.
ELBO_EXPORT Tensor onto_sphere(const Tensor& z);

/// KL to the uniform distribution on the sphere, [B, L]: it belongs to the direction as a whole, so each latent has an equal
/// share. Nothing for a q that is not on the sphere.
ELBO_EXPORT std::optional<Tensor> kl_to_uniform_on_sphere(const Posterior& q);

}  // namespace elbo
