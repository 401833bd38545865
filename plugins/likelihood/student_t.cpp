#include <elbo/gamma.hpp>
#include <elbo/noise_scale.hpp>
#include <elbo/sampling.hpp>
#include <elbo/sdk.hpp>

#include <limits>

namespace {
using elbo::Tensor, elbo::Theta;

class StudentT final : public elbo::Likelihood {
 public:
  struct Config : elbo::NoiseScaleConfig {
    std::string dof = "shared";
    double fixed_dof = 5;
    double min_dof = 2;
  };
  static void describe(elbo::Options<Config>& o) {
    elbo::NoiseScale::describe(o);
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
  StudentT(const Config& config, const elbo::Context& context)
      : config_(config),
        shape_(context.observation.shape),
        scale_(part("scale", std::make_shared<elbo::NoiseScale>(config, shape_))) {
    if (config_.dof == "shared") raw_dof_ = parameter("raw_dof", elbo::full({1}, 3));
  }

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::Param> do_params() const override {
    std::vector<elbo::Param> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    if (config_.dof == "per_pixel") params.push_back({"dof", shape_});
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
  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  // The normalisation Gamma((v + 1) / 2) / (Gamma(v / 2) sqrt(v / 2)) is the rising excess by 1/2.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor v = dof(theta), s = scale_->log(theta), half = elbo::full({}, 0.5, v);
    const Tensor t = elbo::standardized(x, theta["loc"], s);
    const Tensor tail = (t.square() / v).log1p() * (v + 1) / 2;
    return rounded(elbo::sum_event(elbo::log_rising_excess(v / 2, half) - s - elbo::half_log_2pi - tail), theta);
  }

  // y = 2 asinh(t / sqrt(v)) is the logit of a Beta(v / 2, v / 2) variate.
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor v = dof(theta), s = scale_->log(theta);
    const auto logit = [&](const Tensor& edge) {
      const Tensor t = elbo::standardized(edge, theta["loc"], s), infinite = t.isinf();
      return elbo::where(infinite, t, (t.masked_fill(infinite, 0) * v.rsqrt()).asinh() * 2);
    };
    return rounded(elbo::sum_event(elbo::log_beta_mass(logit(lo), logit(hi), v / 2, v / 2)), theta);
  }

  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor more = dof_beyond(2, theta), variance = (scale_->log(theta) * 2).exp() * (1 + 2 / more);
    const Tensor finite = variance.masked_fill(more <= 0, std::numeric_limits<double>::infinity());
    return rounded(finite.expand_as(theta["loc"]), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor half = (dof(theta) / 2).expand_as(loc), z = rng.normal(loc.sizes().vec());
    const Tensor log_ratio = (elbo::log_gamma_draw(half, rng) - half.log()) / -2;
    return rounded(loc + scale_->log(theta).exp() * z * log_ratio.exp(), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    std::vector<Tensor> raw = {statistics.median.flatten()};
    // of a t law with few degrees of freedom the mean absolute deviation is about 1.2 scales
    if (const auto scale = scale_->init(statistics.mean_abs_deviation / 1.2)) raw.push_back(*scale);
    if (config_.dof == "per_pixel") raw.push_back(elbo::full({elbo::numel(shape_)}, 3, raw.front()));
    return elbo::cat(raw, 0);
  }

  Config config_;
  elbo::Shape shape_;
  std::shared_ptr<elbo::NoiseScale> scale_;
  Tensor raw_dof_;  // undefined unless shared
};

}  // namespace

ELBO_LIKELIHOOD(student_t, StudentT,
                "Real values with heavy-tailed noise: outliers pull less than under gaussian or laplace");
