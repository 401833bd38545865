// The smallest likelihood: a Gaussian of unit variance. What is wrong with each plugin here is added to it.
#pragma once
#include <elbo/model.hpp>
#include <elbo/plugin.hpp>

class UnitGaussian : public elbo::Likelihood {
 public:
  struct Config {
    double dof = 4.0;
    std::string scale = "fixed";
    std::vector<int64_t> hidden = {500, 200};
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("dof", &Config::dof, "degrees of freedom").range(2.5, 1e6);
    o.add("scale", &Config::scale, "where the scale comes from").one_of({"fixed", "shared"});
    o.add("hidden", &Config::hidden, "sizes of the layers").range(1, 1e5);
  }
  UnitGaussian(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    return {{"loc", shape_}, {"logits", elbo::joined({256}, shape_)}};
  }
  elbo::Tensor do_log_prob(const elbo::Tensor& x, const elbo::Theta& theta) const override {
    return elbo::sum_event((x - theta["loc"]).square() * -0.5);
  }
  std::optional<elbo::Tensor> do_interval_log_prob(const elbo::Tensor& lo, const elbo::Tensor&,
                                                   const elbo::Theta& theta) const override {
    return do_log_prob(lo, theta);
  }
  elbo::Tensor do_mean(const elbo::Theta& theta) const override { return theta["loc"]; }
  elbo::Tensor do_sample(const elbo::Theta& theta, elbo::Rng&) const override { return theta["loc"]; }

  elbo::Shape shape_;
};
