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

class ELBO_EXPORT Posterior {
 public:
  virtual ~Posterior();
  /// Reparameterised samples: gradients flow through z. The only source of noise is rng.
  virtual Draw draw(int64_t samples, Rng& rng) const = 0;
  /// [B, L]
  virtual Tensor mean() const = 0;
  /// log q(z|x) of given z [S, B, L] -> [S, B]; nothing when only draws can be scored.
  virtual std::optional<Tensor> log_prob(const Tensor& z) const;
  /// Set when q is a factorised normal, so that priors can offer KL in closed form.
  virtual std::optional<DiagonalNormalParams> diagonal_normal() const;
};

/// N(mean, diag(exp(2 log_scale))); both [B, L].
ELBO_EXPORT std::unique_ptr<Posterior> diagonal_normal(Tensor mean, Tensor log_scale);

}  // namespace elbo
