#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class NotTheKl final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  NotTheKl(const Config&, const elbo::Context& context) : latent_dim_(context.latent_dim) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override { return -(0.5 * z.square() + elbo::half_log_2pi).sum(2); }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override { return rng.normal({1, n, latent_dim_}).squeeze(0); }
  // exp of the log scale where the variance is meant
  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override {
    const auto normal = q.diagonal_normal();
    if (!normal) return {};
    return 0.5 * (normal->log_scale.exp() - 1 - normal->log_scale + normal->mean.square());
  }

  int64_t latent_dim_;
};
}  // namespace

ELBO_PRIOR(not_the_kl, NotTheKl, "takes the log scale for the log variance in its KL");
