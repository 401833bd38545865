// What likelihoods share: how wide the noise around a location is, and how much counts vary. Functions of a Theta throw Error where it
// has not the parameters of params(); the rest throws nothing.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <elbo/model.hpp>
#include <elbo/options.hpp>

namespace elbo {

// How wide the noise around a location is: given, learned once, the residuals' own, or given by the decoder for each
// value of x.

/// The options of likelihoods with such a scale.
struct ELBO_EXPORT NoiseScaleConfig {
  std::string scale = "shared";
  double fixed_scale = 1;
  double min_log_scale = -6;

  /// Adds the options scale, fixed_scale and min_log_scale.
  static void describe(Options<NoiseScaleConfig>& o);
  /// The same, with "optimal" among the choices of scale: for a likelihood that gives its residuals to NoiseScale::log().
  static void describe_with_optimal(Options<NoiseScaleConfig>& o);
};

class ELBO_EXPORT NoiseScale : public Module {
 public:
  /// shape is X..., one value of x each.
  NoiseScale(const NoiseScaleConfig& config, Shape shape);
  ~NoiseScale() override;

  /// {"log_scale", X...} where the scale is per pixel, else nothing.
  std::vector<DecoderOutput> params() const;
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

/// A likelihood of values about a location that the decoder gives, with such a scale: its options, what it asks of the decoder and how it
/// starts. What is left to the one that derives from it is the density.
class ELBO_EXPORT LocationScale : public Likelihood {
 public:
  using Config = NoiseScaleConfig;
  static void describe(Options<NoiseScaleConfig>& o) { NoiseScaleConfig::describe(o); }
  LocationScale(const NoiseScaleConfig& config, const Context& context, Support support = Support::real);
  ~LocationScale() override;

 protected:
  const Shape& shape() const { return shape_; }  // X...
  /// As those of NoiseScale.
  Tensor log_scale(const Theta& theta) const { return scale_->log(theta); }
  Tensor log_scale(const Theta& theta, const std::function<Tensor()>& residuals) const {
    return scale_->log(theta, residuals);
  }
  /// t in the dtype of the decoder's output.
  static Tensor rounded(const Tensor& t, const Theta& theta);
  /// The raw values of "loc" and "log_scale" at this location and scale, [X...] each; a scale of the module's own is set.
  Tensor begin_at(const Tensor& loc, const Tensor& scale);
  /// {"loc", X...}, and {"log_scale", X...} where the scale is per pixel.
  std::vector<DecoderOutput> do_params() const override;

 private:
  Support do_support() const override { return support_; }
  /// theta["loc"], unless overridden.
  Tensor do_mean(const Theta& theta) const override;

  Shape shape_;
  Support support_;
  std::shared_ptr<NoiseScale> scale_;
};

// The mean and the dispersion of counts that vary more than Poisson's.

/// The options of likelihoods of such counts.
struct ELBO_EXPORT CountDispersionConfig {
  std::string mean = "exp";
  std::string dispersion = "per_position";
  double max_log_mean = 60;
  double max_log_dispersion = 20;

  /// Adds the options mean, dispersion, max_log_mean and max_log_dispersion.
  static void describe(Options<CountDispersionConfig>& o);
};

class ELBO_EXPORT CountDispersion : public Module {
 public:
  /// shape is X..., one value of x each.
  CountDispersion(const CountDispersionConfig& config, Shape shape);
  ~CountDispersion() override;

  /// {"log_mean", X...}, or {"share", X...} under a library size; and {"log_dispersion", X...} where it is per pixel.
  std::vector<DecoderOutput> params() const;
  Conditioning conditioning() const { return library_.defined() ? Conditioning::library_size : Conditioning::nothing; }
  /// All that follow but the draws are float64, so that large counts keep their digits.
  /// [S, B, X...] of the data x [B, X...], whose sum is the library size.
  Tensor log_mean(const Theta& theta, const Tensor& x) const;
  /// The same where no data are given: of the training data's mean library size.
  Tensor log_mean(const Theta& theta) const;
  /// Log of the inverse dispersion, to be broadcast against [S, B, X...].
  Tensor log_dispersion(const Theta& theta) const;
  /// mean + mean^2 / dispersion, [S, B, X...]
  Tensor variance(const Theta& theta) const;
  /// [S, B, X...]: Poisson with a Gamma rate
  Tensor draw(const Theta& theta, Rng& rng) const;
  /// Starts at this mean and variance ([X...]); returns the raw values of params().
  Tensor init(const Tensor& mean, const Tensor& variance);

 private:
  /// library is to be broadcast against [S, B, X...].
  Tensor log_mean_of(const Theta& theta, const Tensor& library) const;

  CountDispersionConfig config_;
  Shape shape_;
  Tensor own_;      // raw, [X...]; undefined where it is per pixel
  Tensor library_;  // [1]; undefined where there is none
};

}  // namespace elbo
