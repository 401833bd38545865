// The uniform distribution on the unit sphere of R^L (Davidson et al. 2018). Only a posterior on the sphere has a finite KL.
#include <elbo/sdk.hpp>

#include <limits>

namespace {
using elbo::Tensor;

class HypersphericalUniform final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  HypersphericalUniform(const Config&, const elbo::Context& context) : latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor on = elbo::full({z.size(0), z.size(1)}, -elbo::log_sphere_area(latent_dim_), z);
    return on.masked_fill(elbo::off_sphere(z), -std::numeric_limits<double>::infinity());
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    return elbo::onto_sphere(rng.normal({1, n, latent_dim_})).squeeze(0);
  }

  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override { return elbo::kl_to_uniform_on_sphere(q); }

  bool do_is_on_sphere() const override { return true; }

  int64_t latent_dim_;
};

}  // namespace

ELBO_PRIOR(
    hyperspherical_uniform, HypersphericalUniform,
    "The uniform distribution on the unit sphere, for encoders with posterior = von_mises_fisher alone: no centre that "
    "draws all codes; KL in closed form");
