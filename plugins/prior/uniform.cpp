// The uniform distribution on [-1, 1]^L. Only a posterior within the box has a finite KL.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor;

class Uniform final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Uniform(const Config&, const elbo::Context& context) : latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor inside = elbo::full({z.size(0), z.size(1)}, -elbo::log_2 * static_cast<double>(latent_dim_), z);
    return inside.masked_fill((z.abs() > 1).any(2), -INFINITY);
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    return rng.uniform({1, n, latent_dim_}).squeeze(0) * 2 - 1;
  }

  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override {
    if (const auto box = q.uniform()) return elbo::log_2 - box->log_width;
    throw elbo::UserError(
        "prior:uniform: q(z|x) reaches beyond [-1, 1], where p(z) is 0, so that its KL is infinite; "
        "expected an encoder with posterior = \"uniform\"; choose that one, or another prior");
  }

  int64_t latent_dim_;
};

}  // namespace

ELBO_PRIOR(uniform, Uniform,
           "The uniform distribution on [-1, 1]^L, for encoders with posterior = uniform alone; KL in closed form");
