#include <elbo/sdk.hpp>

#include <cmath>
#include <limits>

namespace {
using elbo::Tensor, elbo::Theta;

constexpr double infinity = std::numeric_limits<double>::infinity();

class StudentT final : public elbo::LocationScale {
 public:
  struct Config {
    elbo::NoiseScaleConfig scale;
    std::string dof = "shared";
    double fixed_dof = 5;
    double min_dof = 2;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::scale);
    o.add("dof", &Config::dof,
          "the degrees of freedom are fixed, one learned number (shared), or an output of the decoder for each value "
          "of x "
          "(per_pixel)")
        .one_of({"fixed", "shared", "per_pixel"});
    o.add("fixed_dof", &Config::fixed_dof, "the degrees of freedom").range(0.1, 1e6).only_with("dof", {"fixed"});
    o.add("min_dof", &Config::min_dof,
          "lower bound of learned degrees of freedom: above 1 the mean exists, above 2 the variance")
        .range(0.1, 100)
        .not_with("dof", {"fixed"});
  }
  StudentT(const Config& config, const elbo::Context& context) : LocationScale(config.scale, context), config_(config) {
    if (config_.dof == "shared") raw_dof_ = parameter("raw_dof", elbo::full({1}, 3));
  }

 private:
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = LocationScale::do_params();
    if (config_.dof == "per_pixel") params.push_back({"dof", shape()});
    return params;
  }

  // In float64, like all here: squares overflow float32, and differences of large degrees of freedom vanish in it.
  Tensor dof(const Theta& theta) const { return dof_beyond(0, theta); }
  // How many more than `least` there are: of two and a hair the hair is left.
  Tensor dof_beyond(double least, const Theta& theta) const {
    if (config_.dof == "fixed") return elbo::full({1}, config_.fixed_dof - least, theta.flat().toType(at::kDouble));
    const Tensor& raw = raw_dof_.defined() ? raw_dof_ : theta["dof"];
    return elbo::softplus(raw.toType(at::kDouble)) + (config_.min_dof - least);
  }

  Tensor each(const Tensor& x, const Theta& theta) const {
    const Tensor s = log_scale(theta), t = elbo::standardized(x, theta["loc"], s);
    return log_density(t, dof(theta)) - s;
  }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return rounded(elbo::sum_event(each(x, theta)), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    return rounded(each(x, theta), theta);
  }

  // log p at t scales from the location, without the scale. The normalisation Gamma((v + 1) / 2) / (Gamma(v / 2) sqrt(v / 2)) is the
  // rising excess by 1/2.
  static Tensor log_density(const Tensor& t, const Tensor& v) {
    return elbo::log_rising_excess(v / 2, elbo::full({}, 0.5, v)) - elbo::half_log_2pi -
           (t.square() / v).log1p() * (v + 1) / 2;
  }

  // Of intervals of 0.001 scales at most, across which the density hardly changes: by Gauss-Legendre with three nodes. From the
  // masses below the two ends their derivative by the location would come as a small difference of large numbers.
  static Tensor log_narrow_mass(const Tensor& middle, const Tensor& half, const Tensor& loc, const Tensor& s,
                                const Tensor& v) {
    const double node = std::sqrt(0.6);
    std::vector<Tensor> parts;
    for (const double place : {-node, 0., node})
      parts.push_back(log_density(elbo::standardized(middle + half * place, loc, s), v) +
                      std::log(place == 0 ? 8. / 9 : 5. / 9));
    return half.log() - s + elbo::stack(parts, 0).logsumexp(0);
  }

  // y = 2 asinh(t / sqrt(v)) is the logit of a Beta(v / 2, v / 2) variate.
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor v = dof(theta), s = log_scale(theta), &loc = theta["loc"];
    const auto logit = [&](const Tensor& edge, double when_narrow, const Tensor& narrow) {
      const Tensor t = elbo::standardized(edge, loc, s), infinite = t.isinf();
      return elbo::where(infinite, t, (t.masked_fill(infinite, 0) * v.rsqrt()).asinh() * 2)
          .masked_fill(narrow, when_narrow);
    };
    const Tensor bounded = (hi - lo).isfinite().logical_and(hi > lo);
    const Tensor middle = ((lo.toType(at::kDouble) + hi) / 2).masked_fill(bounded.logical_not(), 0);
    const Tensor half = ((hi.toType(at::kDouble) - lo) / 2).masked_fill(bounded.logical_not(), 1);
    const Tensor t = elbo::standardized(middle, loc, s), slope = (v + 1) * t / (v + t.square());
    const Tensor narrow =
        (half * (-s).exp() * (1 + slope.abs()) * (1 + v.rsqrt()) < 5e-4).logical_and(bounded).detach();
    const Tensor wide = elbo::log_beta_mass(logit(lo, -infinity, narrow), logit(hi, infinity, narrow), v / 2, v / 2);
    if (!narrow.any().item<bool>()) return rounded(elbo::sum_event(wide), theta);
    return rounded(elbo::sum_event(elbo::where(narrow, log_narrow_mass(middle, half, loc, s, v), wide)), theta);
  }

  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor more = dof_beyond(2, theta), variance = (log_scale(theta) * 2).exp() * (1 + 2 / more);
    const Tensor finite = variance.masked_fill(more <= 0, infinity);
    return rounded(finite.expand_as(theta["loc"]), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor half = (dof(theta) / 2).expand_as(loc), z = rng.normal(loc.sizes().vec());
    const Tensor log_ratio = (elbo::log_gamma_draw(half, rng) - half.log()) / -2;
    const double largest =
        loc.scalar_type() == at::kFloat ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    return rounded((loc + log_scale(theta).exp() * z * log_ratio.exp()).clamp(-largest, largest), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    // of a t distribution with few degrees of freedom the mean absolute deviation is about 1.2 scales
    const Tensor raw = begin_at(statistics.median, statistics.mean_abs_deviation / 1.2);
    return config_.dof == "per_pixel" ? elbo::cat({raw, elbo::full({elbo::numel(shape())}, 3, raw)}, 0) : raw;
  }

  Config config_;
  Tensor raw_dof_;  // undefined unless shared
};

}  // namespace

ELBO_LIKELIHOOD(student_t, StudentT,
                "Real values with heavy-tailed noise: outliers pull less than under gaussian or laplace");
