// How wide the noise around a location is: given, learned once, the residuals' own, or given by the decoder for each
// value of x.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include <elbo/module.hpp>
#include <elbo/options.hpp>
#include <elbo/theta.hpp>

namespace elbo {

/// A likelihood's Config derives from this one.
struct NoiseScaleConfig {
  std::string scale = "shared";
  double fixed_scale = 1;
  double min_log_scale = -6;
};

class ELBO_EXPORT NoiseScale : public Module {
 public:
  /// Adds the options scale, fixed_scale and min_log_scale; scale may be "optimal" for a likelihood that gives its
  /// residuals to log().
  template <class Config>
  static void describe(Options<Config>& o, bool may_be_optimal = false) {
    const std::string doc =
        "the scale is fixed, one learned number (shared), or one of the decoder's outputs for each value "
        "of x (per_pixel)";
    const std::string optimal =
        "; or (optimal) the root mean square of the residuals, of the batch in training and of the "
        "training data, as a running mean, in evaluation (Rybkin et al. 2021)";
    std::vector<std::string> choices = {"fixed", "shared", "per_pixel"};
    if (may_be_optimal) choices.push_back("optimal");
    o.template add<std::string>("scale", &Config::scale, may_be_optimal ? doc + optimal : doc)
        .one_of(std::move(choices));
    o.template add<double>("fixed_scale", &Config::fixed_scale, "the scale, in the units of x")
        .range(1e-6, 1e6)
        .only_with("scale", {"fixed"});
    o.template add<double>("min_log_scale", &Config::min_log_scale,
                           "soft lower bound of the log of a learned scale; without one the density of a value that "
                           "never varies has no maximum")
        .range(-20, 20)
        .not_with("scale", {"fixed"});
  }

  /// shape is X..., one value of x each.
  NoiseScale(const NoiseScaleConfig& config, Shape shape);
  ~NoiseScale() override;

  /// {"log_scale", X...} where the scale is per pixel, else nothing.
  std::vector<Param> params() const;
  /// The log of the scale, at most 40, to be broadcast against [S, B, X...]; float64, so that a small scale keeps its digits.
  Tensor log(const Theta& theta) const;
  /// The same while the module is trained: an optimal scale is that of these residuals [S, B, X...], and its running
  /// mean, which log() gives from then on, moves towards it. Any other scale is log(), and asks for no residuals.
  Tensor log(const Theta& theta, const std::function<Tensor()>& residuals) const;
  /// Starts at these scales ([X...], > 0): a shared one at their quadratic mean; returns raw values per pixel.
  std::optional<Tensor> init(const Tensor& scale);

 private:
  /// The log of the scale that is the root of this.
  Tensor bounded(const Tensor& mean_square) const;

  NoiseScaleConfig config_;
  Shape shape_;
  Tensor shared_;       // raw; undefined unless shared
  Tensor mean_square_;  // of the residuals; undefined unless optimal
};

}  // namespace elbo
