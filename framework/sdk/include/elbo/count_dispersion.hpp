// The mean and the dispersion of counts that vary more than Poisson's.
#pragma once
#include <string>

#include <elbo/module.hpp>
#include <elbo/options.hpp>
#include <elbo/rng.hpp>
#include <elbo/theta.hpp>

namespace elbo {

/// A likelihood's Config derives from this one.
struct CountDispersionConfig {
  std::string dispersion = "per_position";
  double max_log_mean = 60;
  double max_log_dispersion = 20;
};

class ELBO_EXPORT CountDispersion : public Module {
 public:
  /// Adds the options dispersion, max_log_mean and max_log_dispersion.
  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<std::string>(
         "dispersion", &Config::dispersion,
         "the inverse dispersion is one learned number for each position of x (per_position), or "
         "an output of the decoder for each value of x (per_pixel)")
        .one_of({"per_position", "per_pixel"});
    o.template add<double>("max_log_mean", &Config::max_log_mean, "soft upper bound of the log of the mean")
        .range(1, 80);
    o.template add<double>(
         "max_log_dispersion", &Config::max_log_dispersion,
         "soft bound of the size of the log of the inverse dispersion; the law is Poisson's long before")
        .range(1, 40);
  }

  /// shape is X..., one value of x each.
  CountDispersion(const CountDispersionConfig& config, Shape shape);
  ~CountDispersion() override;

  /// {"log_mean", X...}, and {"log_dispersion", X...} where it is per pixel.
  std::vector<Param> params() const;
  /// [S, B, X...]
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
  CountDispersionConfig config_;
  Shape shape_;
  Tensor own_;  // raw, [X...]; undefined where it is per pixel
};

}  // namespace elbo
