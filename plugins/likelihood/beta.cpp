#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Beta final : public elbo::Likelihood {
 public:
  struct Config {
    double min_log_concentration = -7;
    double max_log_concentration = 15;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("min_log_concentration", &Config::min_log_concentration, "soft lower bound of log alpha and log beta")
        .range(-40, 0);
    o.add("max_log_concentration", &Config::max_log_concentration, "soft upper bound of log alpha and log beta")
        .range(1, 40);
  }
  Beta(const Config& config, const elbo::Context& context) : shape_(context.observation.shape), config_(config) {}

 private:
  struct Shapes {
    Tensor alpha, beta;  // float64
  };

  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  // The mean's logit and log(alpha + beta): less entangled than alpha and beta.
  std::vector<elbo::DecoderOutput> do_params() const override {
    return {{"logit", shape_}, {"log_concentration", shape_}};
  }

  Shapes shapes(const Theta& theta) const {
    const Tensor l = theta["logit"].toType(at::kDouble), c = theta["log_concentration"].toType(at::kDouble);
    const auto bounded = [&](const Tensor& t) {
      return elbo::soft_bound(t, config_.min_log_concentration, config_.max_log_concentration).exp();
    };
    return {bounded(elbo::log_sigmoid(l) + c), bounded(elbo::log_sigmoid(-l) + c)};
  }
  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const auto [a, b] = shapes(theta);
    return elbo::log_beta_density(x.toType(at::kDouble).masked_fill(valid.logical_not(), 0.5), a, b);
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x > 0).logical_and(x < 1);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(x, valid, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x > 0).logical_and(x < 1);
    return rounded(each(x, valid, theta).masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const auto [a, b] = shapes(theta);
    const auto logit = [](const Tensor& edge) { return edge.toType(at::kDouble).logit(); };
    return rounded(elbo::sum_event(elbo::log_beta_mass(logit(lo), logit(hi), a, b)), theta);
  }

  Tensor do_mean(const Theta& theta) const override {
    const auto [a, b] = shapes(theta);
    return rounded(a / (a + b), theta);
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const auto [a, b] = shapes(theta);
    const Tensor n = a + b;
    return rounded(a / n * (b / n) / (n + 1), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const auto [a, b] = shapes(theta);
    const Tensor log_ga = elbo::log_gamma_draw(a, rng);
    return elbo::open_unit(rounded((log_ga - elbo::log_gamma_draw(b, rng)).sigmoid(), theta));
  }

  // alpha + beta + 1 = mean (1 - mean) / variance
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.flatten().clamp(0.001, 0.999);
    const Tensor ratio = mean * (1 - mean) / statistics.variance.flatten().clamp_min(1e-5);
    return elbo::cat({mean.logit(), (ratio - 1).clamp(0.1, 1e3).log()}, 0);
  }

  elbo::Shape shape_;
  Config config_;
};

}  // namespace

ELBO_LIKELIHOOD(beta, Beta, "Values strictly between 0 and 1, bell-, J- or U-shaped; dequantise grey images first");
