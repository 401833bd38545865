// Nothing is wrong with this one: a random walk of latents, z_j = 0.7 z_(j-1) + noise, whose latents depend on each other.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class ChainPrior final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  ChainPrior(const Config&, const elbo::Context& context)
      : latent_dim_(context.latent_dim), scale_(parameter("log_scale", elbo::zeros({latent_dim_}))) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor before = elbo::cat({elbo::zeros({z.size(0), z.size(1), 1}, z), z.slice(2, 0, -1)}, 2);
    return -(0.5 * ((z - 0.7 * before) * scale_.neg().exp()).square() + scale_ + elbo::half_log_2pi).sum(2);
  }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor noise = rng.normal({1, n, latent_dim_}).squeeze(0) * scale_.exp();
    std::vector<Tensor> z = {noise.select(1, 0)};
    for (int64_t j = 1; j < latent_dim_; ++j) z.push_back(0.7 * z.back() + noise.select(1, j));
    return elbo::stack(z, 1);
  }

  int64_t latent_dim_;
  Tensor scale_;
};
}  // namespace

ELBO_PRIOR(chain_prior, ChainPrior, "a random walk of latents");
