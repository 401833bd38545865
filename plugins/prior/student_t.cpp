// Independent Student t distributions: latents far out cost the logarithm of their distance, not its square.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor;

/// log of Gamma((v + 1) / 2) / (Gamma(v / 2) sqrt(v pi)), by its series where the difference would lose digits.
double log_normaliser(double v) {
  if (v > 100) return -elbo::half_log_2pi - 1 / (4 * v) + 1 / (24 * v * v * v) - 1 / (20 * std::pow(v, 5));
  return std::lgamma((v + 1) / 2) - std::lgamma(v / 2) - 0.5 * std::log(v * M_PI);
}

class StudentT final : public elbo::Prior {
 public:
  struct Config {
    double dof = 5;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("dof", &Config::dof,
          "degrees of freedom: 1 is Cauchy's distribution, many are nearly normal; above 2 the variance exists")
        .range(1, 1e6);
  }
  StudentT(const Config& config, const elbo::Context& context) : dof_(config.dof), latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor u = z * std::sqrt(1 / dof_);  // before the square, which may overflow
    return (log_normaliser(dof_) - (dof_ + 1) / 2 * u.square().log1p()).sum(2);
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor noise = rng.normal({1, n, latent_dim_});
    const Tensor gamma = elbo::gamma_draw(elbo::full({1, n, latent_dim_}, dof_ / 2, noise), rng);
    return (noise * (dof_ / 2 / gamma).sqrt()).squeeze(0);
  }

  double dof_;
  int64_t latent_dim_;
};

}  // namespace

ELBO_PRIOR(
    student_t, StudentT,
    "Independent Student t distributions: heavy tails, for latents some of which lie far out; KL by Monte Carlo");
