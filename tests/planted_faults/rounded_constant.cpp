#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class RoundedConstant final : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  RoundedConstant(const Config&, const elbo::Context& context) : latent_dim_(context.latent_dim) {}

 private:
  // log(2 pi) / 2 is 0.9189
  Tensor do_log_prob(const Tensor& z) const override { return -(0.5 * z.square() + 0.915).sum(2); }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override { return rng.normal({1, n, latent_dim_}).squeeze(0); }

  int64_t latent_dim_;
};
}  // namespace

ELBO_PRIOR(rounded_constant, RoundedConstant, "a normal distribution whose constant has three digits");
