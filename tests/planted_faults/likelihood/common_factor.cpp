// Nothing is wrong with this one: values depend on each other through one common factor, x = loc + scale (noise + a f).
#include "planted_faults/normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class CommonFactor : public planted::Normal {
  using Normal::Normal;
  static constexpr double a = 0.8;

  double size() const { return static_cast<double>(elbo::numel(shape_)); }
  // Of the covariance 1 + a^2 J of u: its determinant is 1 + n a^2, its inverse 1 - a^2 J / (1 + n a^2).
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), u = (x - theta["loc"]) * s.neg().exp();
    const double det = 1 + size() * a * a;
    const Tensor square = elbo::sum_event(u.square()) - elbo::sum_event(u).square() * (a * a / det);
    return square / -2 - elbo::sum_event(s) - (size() * elbo::half_log_2pi + std::log(det) / 2);
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor&, const Tensor&, const Theta&) const override { return {}; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return (log_scale(theta) * 2).exp() * (1 + a * a);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor f = rng.normal({loc.size(0), loc.size(1), 1})
                         .view(elbo::joined({loc.size(0), loc.size(1)}, elbo::Shape(shape_.size(), 1)));
    return loc + log_scale(theta).exp() * (rng.normal(loc.sizes().vec()) + a * f);
  }
};
}  // namespace

ELBO_LIKELIHOOD(common_factor, CommonFactor, "values that share a common factor");
