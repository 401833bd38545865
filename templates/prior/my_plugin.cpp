// Independent normal distributions whose means and scales are learned with the model.
#include <cmath>

#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class MyPlugin final : public elbo::Prior {
 public:
  struct Config {
    double initial_scale = 1.0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("initial_scale", &Config::initial_scale, "standard deviation of each latent at the start").range(1e-3, 1e3);
  }
  MyPlugin(const Config& config, const elbo::Context& context)
      : latent_dim_(context.latent_dim),
        mean_(parameter("mean", elbo::zeros({latent_dim_}))),
        log_scale_(parameter("log_scale", elbo::full({latent_dim_}, std::log(config.initial_scale)))) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor u = (z - mean_) * (-log_scale_).exp();
    return -(0.5 * u.square() + log_scale_ + elbo::half_log_2pi).sum(2);
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    return mean_ + log_scale_.exp() * rng.normal({1, n, latent_dim_}).squeeze(0);
  }

  // KL(N(m, t) || N(mean, s)) = log(s / t) + (t^2 + (m - mean)^2) / 2 s^2 - 1/2, written with r = log(t / s) as
  // (e^2r - 1 - 2r + u^2) / 2: no cancellation where the two are close.
  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override {
    const auto normal = q.diagonal_normal();
    if (!normal) return {};
    const Tensor twice_r = 2 * (normal->log_scale - log_scale_);
    const Tensor u = (normal->mean - mean_) * (-log_scale_).exp();
    return 0.5 * (twice_r.expm1() - twice_r + u.square());
  }

  int64_t latent_dim_;
  Tensor mean_, log_scale_;  // [L]
};

}  // namespace

ELBO_PRIOR(my_plugin, MyPlugin, "Independent normal distributions with learned means and scales");
