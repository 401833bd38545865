// The mean and the dispersion of counts that vary more than Poisson's.
#pragma once
#include <string>

#include <elbo/module.hpp>
#include <elbo/observation.hpp>
#include <elbo/options.hpp>
#include <elbo/rng.hpp>
#include <elbo/theta.hpp>

namespace elbo {

/// A likelihood's Config derives from this one.
struct CountDispersionConfig {
  std::string mean = "exp";
  std::string dispersion = "per_position";
  double max_log_mean = 60;
  double max_log_dispersion = 20;
};

class ELBO_EXPORT CountDispersion : public Module {
 public:
  /// Adds the options mean, dispersion, max_log_mean and max_log_dispersion.
  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<std::string>(
         "mean", &Config::mean,
         "the mean is the exponential of a decoder output for each value of x (exp), or the library size, which is the "
         "sum of x and taken as known, times the softmax of these outputs (library_softmax; Lopez et al. 2018)")
        .one_of({"exp", "library_softmax"});
    o.template add<std::string>(
         "dispersion", &Config::dispersion,
         "the inverse dispersion is one learned number for each position of x (per_position), or "
         "an output of the decoder for each value of x (per_pixel)")
        .one_of({"per_position", "per_pixel"});
    o.template add<double>("max_log_mean", &Config::max_log_mean, "soft upper bound of the log of the mean")
        .range(1, 80)
        .only_with("mean", {"exp"});
    o.template add<double>(
         "max_log_dispersion", &Config::max_log_dispersion,
         "soft bound of the size of the log of the inverse dispersion; the law is Poisson's long before")
        .range(1, 40);
  }

  /// shape is X..., one value of x each.
  CountDispersion(const CountDispersionConfig& config, Shape shape);
  ~CountDispersion() override;

  /// {"log_mean", X...}, or {"share", X...} under a library size; and {"log_dispersion", X...} where it is per pixel.
  std::vector<Param> params() const;
  Given given() const { return library_.defined() ? Given::library_size : Given::nothing; }
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
