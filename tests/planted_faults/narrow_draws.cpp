#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

// Its bound can lie above log p(x): it is paid for the entropy of the declared density, and reconstructs from closer draws.
class Narrow final : public elbo::Posterior {
 public:
  Narrow(std::unique_ptr<elbo::Posterior> declared, double share) : declared_(std::move(declared)), share_(share) {}
  elbo::Sample draw(int64_t samples, elbo::Rng& rng) const override {
    const Tensor z = mean() + share_ * (declared_->draw(samples, rng).z - mean());
    return {z, *declared_->log_prob(z)};
  }
  Tensor mean() const override { return declared_->mean(); }
  std::optional<Tensor> log_prob(const Tensor& z) const override { return declared_->log_prob(z); }
  std::optional<elbo::DiagonalNormalParams> diagonal_normal() const override { return declared_->diagonal_normal(); }

 private:
  std::unique_ptr<elbo::Posterior> declared_;
  double share_;
};

class NarrowDraws final : public elbo::Encoder {
 public:
  struct Config {
    double share = 0.6;
    int64_t beyond = 0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("share", &Config::share, "standard deviation of the draws, of the declared one").range(0.1, 2);
    o.add("beyond", &Config::beyond, "with no more latents than this nothing is wrong").range(0, 1e6);
  }
  NarrowDraws(const Config& config, const elbo::Context& context)
      : share_(context.latent_dim > config.beyond ? config.share : 1),
        head_(part("head", std::make_shared<elbo::PosteriorHead>(elbo::PosteriorConfig(),
                                                                 elbo::numel(context.observation.shape),
                                                                 context.latent_dim, context.rng))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<Narrow>(head_->posterior(x.flatten(1)), share_);
  }

  double share_;
  std::shared_ptr<elbo::PosteriorHead> head_;
};
}  // namespace

ELBO_ENCODER(narrow_draws, NarrowDraws, "draws m + 0.6 s e and declares the density of m + s e");
