// Independent normal distributions whose means and scales are learned with the model.
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
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log of each learned scale")
        .range(-30, -0.1);
    o.add("max_log_scale", &Config::max_log_scale, "soft upper bound of the log of each learned scale").range(0.1, 10);
  }
  DiagonalNormal(const Config& config, const elbo::Context& context)
      : config_(config),
        latent_dim_(context.latent_dim),
        mean_(parameter("mean", elbo::zeros(elbo::Shape{latent_dim_}))),
        log_scale_(parameter("log_scale", elbo::zeros(elbo::Shape{latent_dim_}))) {}

 private:
  /// Less what the soft bounds make of 0, so that the prior begins as N(0, I). float64, so that a small scale keeps its digits.
  Tensor log_scale() const {
    const auto bounded = [&](const Tensor& t) {
      return elbo::soft_bound(t, config_.min_log_scale, config_.max_log_scale);
    };
    const Tensor raw = log_scale_.toType(at::kDouble);
    return bounded(raw) - bounded(elbo::zeros({}, raw));
  }

  Tensor do_log_prob(const Tensor& z) const override {
    return elbo::log_normal_density(mean_, z, log_scale()).sum(2);  // symmetric in z and its mean; of z's dtype
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor noise = rng.normal({1, n, latent_dim_}).squeeze(0);
    return (mean_ + log_scale().exp() * noise).toType(mean_.scalar_type());
  }

  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override {
    return elbo::kl_to_normal(q, mean_, log_scale().toType(mean_.scalar_type()));
  }

  Config config_;
  int64_t latent_dim_;
  Tensor mean_, log_scale_;  // [L]
};

}  // namespace

ELBO_PRIOR(diagonal_normal, DiagonalNormal,
           "Independent normal distributions with learned means and scales, N(0, I) at first: for decoders that cannot "
           "move or "
           "stretch z themselves");
