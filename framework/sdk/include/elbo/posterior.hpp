// q(z|x) for one batch of data.
#pragma once
#include <memory>
#include <optional>

#include <elbo/rng.hpp>

namespace elbo {

struct Draw {
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

/// Of a von Mises-Fisher law on the unit sphere of R^L.
struct VonMisesFisherParams {
  Tensor direction;      // [B, L], of length 1
  Tensor concentration;  // [B]
  Tensor log_peak;       // [B], log of the density at the direction
  Tensor mean_gap;       // [B], E[1 - direction z]
};

class ELBO_EXPORT Posterior {
 public:
  virtual ~Posterior();
  /// Reparameterised samples: gradients flow through z. The only source of noise is rng.
  virtual Draw draw(int64_t samples, Rng& rng) const = 0;
  /// [B, L]; where a flow leaves no closed form, the image of its base's mean; of a law on the sphere, its direction.
  virtual Tensor mean() const = 0;
  /// log q(z|x) of given z [S, B, L] -> [S, B]; nothing when only draws can be scored.
  virtual std::optional<Tensor> log_prob(const Tensor& z) const;
  /// Set when q is a factorised normal, so that priors can offer KL in closed form.
  virtual std::optional<DiagonalNormalParams> diagonal_normal() const;
  /// The same for the other families; each posterior sets one at most.
  virtual std::optional<FullNormalParams> full_normal() const;
  virtual std::optional<LaplaceParams> laplace() const;
  virtual std::optional<UniformParams> uniform() const;
  virtual std::optional<VonMisesFisherParams> von_mises_fisher() const;
};

/// N(mean, diag(exp(2 log_scale))); both [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> diagonal_normal(Tensor mean, Tensor log_scale);
/// N(mean, S S^T) with S = diag(exp(log_scale)) (I + the strictly lower triangle of `below` [B, L, L]).
ELBO_EXPORT std::unique_ptr<Posterior> full_normal(Tensor mean, Tensor log_scale, const Tensor& below);
/// Independent Laplace laws of scale exp(log_scale); both [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> laplace(Tensor mean, Tensor log_scale);
/// Uniform on a box within [-1, 1]^L: below it, of its width and above it are 2 softmax(centre, log_width, -centre); [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> uniform(const Tensor& centre, const Tensor& log_width);

}  // namespace elbo
