#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Binomial final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Binomial(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape),
        n_((context.observation.levels > 1 ? context.observation.levels : 256) - 1) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::levels; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logit", shape_}}; }

  // In float64: about k = n p terms of some hundred nats leave a few.
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor l = theta["logit"].toType(at::kDouble), k = x.toType(at::kDouble);
    const Tensor log_p = k * elbo::log_sigmoid(l) + (n_ - k) * elbo::log_sigmoid(-l);
    const Tensor ways = elbo::log_choose(static_cast<double>(n_), k.masked_fill(valid.logical_not(), 0));
    return ways + log_p;
  }
  Tensor is_level(const Tensor& x) const { return (x >= 0).logical_and(x <= n_).logical_and(x == x.floor()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_level(x), log_p = elbo::sum_event(each(x, valid, theta));
    return elbo::minus_inf_outside(valid, log_p).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_level(x), log_p = each(x, valid, theta);
    return log_p.masked_fill(valid.logical_not(), -INFINITY).toType(theta.flat().scalar_type());
  }

  Tensor do_mean(const Theta& theta) const override { return theta["logit"].sigmoid() * n_; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return theta["logit"].sigmoid() * theta["logit"].neg().sigmoid() * n_;
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return elbo::binomial_draw(n_, theta["logit"], rng);
  }
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return (statistics.mean / n_).clamp(0.001, 0.999).logit().flatten();
  }

  elbo::Shape shape_;
  int64_t n_;
};

}  // namespace

ELBO_LIKELIHOOD(binomial, Binomial,
                "Integer levels as successes in levels - 1 tries: far too narrow for images, a negative control");
