// Independent Laplace distributions about 0: unlike a normal prior, no rotation of z leaves it as it is.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor;

class Laplace final : public elbo::Prior {
 public:
  struct Config {
    double scale = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("scale", &Config::scale, "the scale b; the standard deviation is b sqrt(2)").range(1e-3, 1e3);
  }
  Laplace(const Config& config, const elbo::Context& context) : scale_(config.scale), latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override { return -(z.abs() / scale_ + std::log(2 * scale_)).sum(2); }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor v = rng.uniform({1, n, latent_dim_}).squeeze(0) - 0.5;
    return -scale_ * v.sign() * (v.abs() * -2).log1p();
  }

  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override { return elbo::kl_to_laplace(q, scale_); }

  double scale_;
  int64_t latent_dim_;
};

}  // namespace

ELBO_PRIOR(laplace, Laplace,
           "Independent Laplace distributions: favours few large latents and fixes their axes; KL in closed form for "
           "normal and "
           "Laplace posteriors");
