// N(0, I), with the KL of Kingma & Welling (2014), appendix B.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class StandardNormal final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  StandardNormal(const Config&, const elbo::Context& context) : latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override { return elbo::standard_normal_log_prob(z); }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override { return rng.normal({1, n, latent_dim_}).squeeze(0); }
  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override { return elbo::kl_to_standard_normal(q); }

  int64_t latent_dim_;
};

}  // namespace

ELBO_PRIOR(standard_normal, StandardNormal,
           "N(0, I), with KL in closed form for normal (diagonal and full), Laplace and uniform posteriors: the one to "
           "begin with");
