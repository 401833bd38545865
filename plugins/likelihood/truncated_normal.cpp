#include <elbo/noise_scale.hpp>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class TruncatedNormal final : public elbo::Likelihood {
 public:
  struct Config : elbo::NoiseScaleConfig {};
  static void describe(elbo::Options<Config>& o) { elbo::NoiseScale::describe(o); }
  TruncatedNormal(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), scale_(part("scale", std::make_shared<elbo::NoiseScale>(config, shape_))) {}

 private:
  // The ends 0 and 1 in scales from the location, and the log of the mass between them; float64.
  struct Window {
    Tensor a, b, log_mass;
  };

  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  std::vector<elbo::Param> do_params() const override {
    std::vector<elbo::Param> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    return params;
  }
  Tensor log_scale(const Theta& theta) const { return scale_->log(theta).toType(at::kDouble); }

  Window window(const Theta& theta) const {
    const Tensor zero = elbo::zeros({}, theta.flat()), s = log_scale(theta);
    const Tensor a = elbo::standardized(zero, theta["loc"], s), b = elbo::standardized(zero + 1, theta["loc"], s);
    return {a, b, elbo::log_ndtr_difference(a, b)};
  }

  // A location far outside [0, 1] is legal: the law is then close to an exponential one. float64, because the normal
  // density and the mass of the window are then both of some thousand nats.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), r = elbo::standardized(x, theta["loc"], s);
    const Tensor log_p = elbo::sum_event(r.square() / -2 - s - elbo::half_log_2pi - window(theta).log_mass);
    return elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), log_p).toType(theta.flat().scalar_type());
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor s = log_scale(theta);
    const Tensor a = elbo::standardized(lo, theta["loc"], s), b = elbo::standardized(hi, theta["loc"], s);
    return elbo::sum_event(elbo::log_ndtr_difference(a, b) - window(theta).log_mass).toType(theta.flat().scalar_type());
  }

  // phi(t) over the mass of the window
  static Tensor density(const Tensor& t, const Window& w) {
    return (t.square() / -2 - elbo::half_log_2pi - w.log_mass).exp();
  }
  Tensor do_mean(const Theta& theta) const override {
    const Window w = window(theta);
    const Tensor shift = density(w.a, w) - density(w.b, w);
    return (theta["loc"] + log_scale(theta).exp() * shift).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Window w = window(theta);
    const Tensor pa = density(w.a, w), pb = density(w.b, w);
    const Tensor unit = 1 + w.a * pa - w.b * pb - (pa - pb).square();
    return ((log_scale(theta) * 2).exp() * unit).toType(theta.flat().scalar_type());
  }

  // The distribution function has no inverse that stays exact in both tails; halving the interval 40 times is one.
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Window w = window(theta);
    const Tensor log_u = rng.uniform(theta["loc"].sizes().vec()).toType(at::kDouble).log();
    Tensor low = w.a.expand_as(log_u), high = w.b.expand_as(log_u);
    for (int i = 0; i < 40; ++i) {
      const Tensor middle = (low + high) / 2, below = elbo::log_ndtr_difference(w.a, middle) - w.log_mass < log_u;
      low = elbo::where(below, middle, low);
      high = elbo::where(below, high, middle);
    }
    const Tensor x = ((low + high) / 2 - w.a) / (w.b - w.a);
    return x.toType(theta.flat().scalar_type());
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const auto raw = scale_->init(statistics.variance.sqrt());
    const Tensor loc = statistics.mean.flatten();
    return raw ? elbo::cat({loc, *raw}, 0) : loc;
  }

  elbo::Shape shape_;
  std::shared_ptr<elbo::NoiseScale> scale_;
};

}  // namespace

ELBO_LIKELIHOOD(truncated_normal, TruncatedNormal,
                "Values in [0, 1] with normal noise that is cut off at 0 and 1 and normalised");
