// A normal law with a learned scale, as somebody built it for version 0.2.
#include "sdk_0_2.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class OldNormal final : public elbo::Likelihood {
 public:
  OldNormal(const std::vector<elbo::Setting>& settings, const elbo::Context& context)
      : min_log_scale_(std::get<double>(settings.at(0).value)),
        shape_(context.observation.shape),
        raw_(parameter("log_scale", elbo::zeros({}))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::Param> do_params() const override { return {{"loc", shape_}}; }
  Tensor log_scale() const { return elbo::soft_lower_bound(raw_, min_log_scale_); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor u = (x - theta["loc"]) * (-log_scale()).exp();
    return elbo::sum_event(u.square() / -2 - log_scale() - 0.918938533204672741780);
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor &loc = theta["loc"], s = log_scale();
    return elbo::sum_event(elbo::log_ndtr_difference(elbo::standardized(lo, loc, s), elbo::standardized(hi, loc, s)))
        .to(loc.scalar_type());
  }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return (2 * log_scale()).exp().expand_as(theta["loc"]);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return loc + log_scale().exp() * rng.normal(loc.sizes().vec());
  }

  double min_log_scale_;
  elbo::Shape shape_;
  Tensor raw_;
};

std::vector<elbo::Option> options() {
  return {{.name = "min_log_scale", .doc = "soft lower bound", .fallback = -6.0, .min = -20, .max = 0}};
}

std::shared_ptr<elbo::Component> create(const std::vector<elbo::Setting>& settings, const elbo::Context& context) {
  static const std::vector<elbo::Setting> defaults = {{"min_log_scale", -6.0}};
  return std::make_shared<OldNormal>(settings.empty() ? defaults : settings, context);
}

}  // namespace

extern "C" ELBO_EXPORT __attribute__((used, section("elboplug"))) const char elbo_card[] =
    "elbo-plugin\0abi=3\0kind=likelihood\0name=plugin_of_0_2\0summary=of version 0.2\0torch=" ELBO_TORCH_VERSION
    "\0cxx11abi=1\0compiler=that of its day";
extern "C" ELBO_EXPORT const elbo::PluginTable elbo_plugin;
constinit const elbo::PluginTable elbo_plugin = {3,       "likelihood", "plugin_of_0_2", "of version 0.2", &options,
                                                 &create, false};
