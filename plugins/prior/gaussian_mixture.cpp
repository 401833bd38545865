// A learned mixture of factorised normal distributions, for latents that fall into groups.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Shape;

class GaussianMixture final : public elbo::Prior {
 public:
  struct Config {
    int64_t components = 10;
    double spread = 1;
    double min_log_scale = -7;
    double max_log_scale = 3;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("components", &Config::components, "normal distributions in the mixture").range(1, 1e5);
    o.add("spread", &Config::spread, "standard deviation of the components' means at the start").range(0, 100);
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log of each component's scale")
        .range(-30, -0.1);
    o.add("max_log_scale", &Config::max_log_scale, "soft upper bound of the log of each component's scale")
        .range(0.1, 10);
  }
  GaussianMixture(const Config& config, const elbo::Context& context)
      : config_(config),
        latent_dim_(context.latent_dim),
        logits_(parameter("logits", elbo::zeros(Shape{config.components}))),
        mean_(parameter("mean", config.spread * context.rng.fork("mean").normal({config.components, latent_dim_}))),
        log_scale_(parameter("log_scale", elbo::zeros(Shape{config.components, latent_dim_}))) {}

 private:
  // float64, so that a small scale keeps its digits
  Tensor log_scale() const {
    return elbo::soft_bound(log_scale_.toType(at::kDouble), config_.min_log_scale, config_.max_log_scale);
  }

  Tensor do_log_prob(const Tensor& z) const override {
    return elbo::log_normal_mixture(z, logits_.log_softmax(0), mean_, log_scale());
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor weights = logits_.softmax(0).view({1, 1, -1}).expand({1, n, config_.components});
    const Tensor k = elbo::categorical_draw(weights, rng).squeeze(0);
    const Tensor z =
        mean_.index_select(0, k) + log_scale().exp().index_select(0, k) * rng.normal({1, n, latent_dim_}).squeeze(0);
    return z.toType(mean_.scalar_type());
  }

  Config config_;
  int64_t latent_dim_;
  Tensor logits_, mean_, log_scale_;  // [K], [K, L], [K, L]
};

}  // namespace

ELBO_PRIOR(gaussian_mixture, GaussianMixture,
           "A learned mixture of normal distributions with diagonal covariances: for latents that fall into groups; KL "
           "by Monte Carlo");
