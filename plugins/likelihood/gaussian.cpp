#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Gaussian final : public elbo::LocationScale {
 public:
  Gaussian(const Config& config, const elbo::Context& context)
      : LocationScale(config, context), is_optimal_(config.scale == "optimal") {}
  static void describe(elbo::Options<Config>& o) { Config::describe_with_optimal(o); }

 private:
  // e^-s before the square: e^2s overflows float32 from s = 44 on.
  Tensor each(const Tensor& x, const Theta& theta) const {
    const Tensor residual = x - theta["loc"], s = log_scale(theta, [&] { return residual; });
    const Tensor r = residual * rounded(s.neg().exp(), theta);
    return (r.square() / -2 - rounded(s, theta)) - elbo::half_log_2pi;
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return elbo::sum_event(each(x, theta)); }

  // An optimal scale is that of all residuals together.
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    return is_optimal_ ? std::nullopt : std::optional(each(x, theta));
  }

  /// Of an interval; of a half-line its end.
  static Tensor middle(const Tensor& lo, const Tensor& hi) {
    return elbo::where(lo.isinf(), hi, elbo::where(hi.isinf(), lo, (lo + hi) / 2));
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor &loc = theta["loc"], s = log_scale(theta, [&] { return middle(lo, hi) - loc; });
    return elbo::sum_event(elbo::log_normal_mass(lo, hi, loc, s));
  }

  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded((log_scale(theta) * 2).exp(), theta).expand_as(theta["loc"]);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return rounded(loc + log_scale(theta).exp() * rng.normal(loc.sizes().vec()), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return begin_at(statistics.mean, statistics.variance.sqrt());
  }

  bool is_optimal_;
};

}  // namespace

ELBO_LIKELIHOOD(gaussian, Gaussian,
                "Real values with normal noise of a fixed, a shared learned, an optimal or a per-pixel scale");
