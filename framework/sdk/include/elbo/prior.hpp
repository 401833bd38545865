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
  /// KL(q || p) per latent dimension [B, L] where it has a closed form: that of z_j given z_1 .. z_{j-1}, so that the sum
  /// is the whole even where q's latents are dependent. Throws UserError when it is infinite for every q of this family, as
  /// where one of the two lies on the unit sphere and the other does not.
  std::optional<Tensor> kl(const Posterior& q) const;
  /// Called once, before training, with some training data [n, X...] as the encoder sees them. Most priors ignore them.
  void init_from(const Tensor& x);
  /// Whether z lies on the unit sphere of R^L and log_prob is a density of its surface, as elbo/sphere.hpp has it.
  bool is_on_sphere() const;

 private:
  virtual Tensor do_log_prob(const Tensor& z) const = 0;
  virtual Tensor do_sample(int64_t n, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_kl(const Posterior& q) const;
  virtual void do_init_from(const Tensor& x);
  virtual bool do_is_on_sphere() const;
};

}  // namespace elbo
