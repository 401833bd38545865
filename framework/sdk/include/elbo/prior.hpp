#pragma once
#include <optional>

#include <elbo/component.hpp>
#include <elbo/posterior.hpp>

namespace elbo {

/// p(z)
class ELBO_EXPORT Prior : public Component {
 public:
  ~Prior() override;
  /// z [S, B, L] -> [S, B], nats.
  Tensor log_prob(const Tensor& z) const;
  /// [n, L]
  Tensor sample(int64_t n, Rng& rng) const;
  /// KL(q || p) per latent dimension [B, L] where it has a closed form.
  std::optional<Tensor> kl(const Posterior& q) const;

 private:
  virtual Tensor do_log_prob(const Tensor& z) const = 0;
  virtual Tensor do_sample(int64_t n, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_kl(const Posterior& q) const;
};

}  // namespace elbo
