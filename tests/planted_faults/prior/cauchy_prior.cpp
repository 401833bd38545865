// Nothing is wrong with this one: independent Cauchy latents, whose tails are so heavy that no mean of them is finite.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor;

class CauchyPrior final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  CauchyPrior(const Config&, const elbo::Context& context)
      : latent_dim_(context.latent_dim),
        centre_(parameter("centre", elbo::zeros({latent_dim_}))),
        log_scale_(parameter("log_scale", elbo::zeros({latent_dim_}))) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor u = (z - centre_) * log_scale_.neg().exp();
    return -(u.square().log1p() + log_scale_ + std::log(M_PI)).sum(2);
  }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor uniform = rng.uniform({1, n, latent_dim_}).squeeze(0);
    return centre_ + log_scale_.exp() * ((uniform - 0.5) * M_PI).tan();
  }

  int64_t latent_dim_;
  Tensor centre_, log_scale_;
};
}  // namespace

ELBO_PRIOR(cauchy_prior, CauchyPrior, "independent Cauchy latents");
