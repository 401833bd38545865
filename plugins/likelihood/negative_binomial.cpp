// In mean and inverse dispersion, as for gene counts by Lopez et al. (2018).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class NegativeBinomial final : public elbo::Likelihood {
 public:
  using Config = elbo::CountDispersionConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }
  NegativeBinomial(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape),
        counts_(part("counts", std::make_shared<elbo::CountDispersion>(config, shape_))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  elbo::Conditioning do_conditioning() const override { return counts_->conditioning(); }
  std::vector<elbo::DecoderOutput> do_params() const override { return counts_->params(); }

  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor k = x.masked_fill(valid.logical_not(), 0);
    return elbo::log_negative_binomial(k, counts_->log_mean(theta, x), counts_->log_dispersion(theta));
  }
  static Tensor is_count(const Tensor& x) { return (x >= 0).logical_and(x == x.floor()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_count(x);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(x, valid, theta))), theta);
  }
  // A library size is the sum of all counts.
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    if (counts_->conditioning() != elbo::Conditioning::nothing) return {};
    const Tensor valid = is_count(x);
    return rounded(each(x, valid, theta).masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  Tensor do_mean(const Theta& theta) const override { return rounded(counts_->log_mean(theta).exp(), theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(counts_->variance(theta), theta);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override { return counts_->draw(theta, rng); }
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return counts_->init(statistics.mean, statistics.variance);
  }

  elbo::Shape shape_;
  std::shared_ptr<elbo::CountDispersion> counts_;
};

}  // namespace

ELBO_LIKELIHOOD(negative_binomial, NegativeBinomial,
                "Counts that vary more than poisson: variance mean + mean^2 / dispersion");
