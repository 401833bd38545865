// Kingma et al. (2016), with the tails folded into the end levels as in Salimans et al. (2017).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class DiscretizedLogistic final : public elbo::Likelihood {
 public:
  struct Config {
    double min_log_scale = -7;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log scale, where 0 .. levels-1 is -1 .. 1")
        .range(-20, 5);
  }
  DiscretizedLogistic(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape),
        levels_(context.observation.levels > 1 ? context.observation.levels : 256),
        min_log_scale_(config.min_log_scale) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::levels; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}, {"log_scale", shape_}}; }
  // float64, so that a small scale keeps its digits
  Tensor log_scale(const Theta& theta) const {
    return elbo::soft_lower_bound(theta["log_scale"], min_log_scale_, at::kDouble);
  }
  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor log_p = elbo::sum_event(elbo::log_logistic_level(x, theta["loc"], log_scale(theta), levels_));
    return elbo::minus_inf_outside((x >= 0).logical_and(x < levels_).logical_and(x == x.floor()), log_p);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x < levels_).logical_and(x == x.floor());
    return elbo::log_logistic_level(x, theta["loc"], log_scale(theta), levels_)
        .masked_fill(valid.logical_not(), -INFINITY);
  }

  elbo::LogisticLevelMoments moments(const Theta& theta) const {
    return elbo::logistic_level_moments(theta["loc"], log_scale(theta), levels_);
  }
  Tensor do_mean(const Theta& theta) const override { return rounded(moments(theta).mean, theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(moments(theta).variance, theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor x = loc + log_scale(theta).exp() * rng.uniform(loc.sizes().vec()).logit();
    return rounded(((x + 1) * (static_cast<double>(levels_ - 1) / 2)).round().clamp(0, levels_ - 1), theta);
  }

  // The counts of each level, and one more data point spread over all levels.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    if (!statistics.histogram.defined()) return {};
    const Tensor counts = statistics.histogram + 1 / static_cast<double>(levels_);
    const auto [loc, log_scale] = elbo::fit_logistic_levels(counts.unsqueeze(0));
    return elbo::cat({loc.flatten(), elbo::inverse_soft_lower_bound(log_scale.flatten(), min_log_scale_)}, 0);
  }

  elbo::Shape shape_;
  int64_t levels_;
  double min_log_scale_;
};

}  // namespace

ELBO_LIKELIHOOD(
    discretized_logistic, DiscretizedLogistic,
    "Integer levels of logistic noise around a location: two outputs a value, and near levels are likely together");
