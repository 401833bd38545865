// Independent normal laws whose means and scales are learned with the model.
#include <elbo/kl.hpp>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class DiagonalNormal final : public elbo::Prior {
 public:
  struct Config {
    double min_log_scale = -7;
    double max_log_scale = 3;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log of each learned scale").range(-30, -0.1);
    o.add("max_log_scale", &Config::max_log_scale, "soft upper bound of the log of each learned scale").range(0.1, 10);
  }
  DiagonalNormal(const Config& config, const elbo::Context& context)
      : config_(config),
        latent_dim_(context.latent_dim),
        mean_(parameter("mean", elbo::zeros(elbo::Shape{latent_dim_}))),
        log_scale_(parameter("log_scale", elbo::zeros(elbo::Shape{latent_dim_}))) {}

 private:
  /// Less what the soft bounds make of 0, so that the prior begins as N(0, I).
  Tensor log_scale() const {
    const auto bounded = [&](const Tensor& t) { return elbo::soft_bound(t, config_.min_log_scale, config_.max_log_scale); };
    return bounded(log_scale_) - bounded(elbo::zeros({}, log_scale_.detach()));
  }

  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor s = log_scale(), u = (z - mean_) * (-s).exp();
    return -(0.5 * u.square() + s + elbo::half_log_2pi).sum(2);
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    return mean_ + log_scale().exp() * rng.like(mean_.detach()).normal({1, n, latent_dim_}).squeeze(0);
  }

  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override { return elbo::kl_to_normal(q, mean_, log_scale()); }

  Config config_;
  int64_t latent_dim_;
  Tensor mean_, log_scale_;  // [L]
};

}  // namespace

ELBO_PRIOR(diagonal_normal, DiagonalNormal,
           "Independent normal laws with learned means and scales, N(0, I) at first: for decoders that cannot move or stretch z themselves");
