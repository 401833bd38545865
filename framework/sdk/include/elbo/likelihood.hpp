#pragma once
#include <optional>
#include <vector>

#include <elbo/component.hpp>

namespace elbo {

/// Of the training data, in the units the likelihood sees; each over the data, per value of X....
struct Statistics {
  int64_t count = 0;
  Tensor mean, variance, min, max;  // [X...]
  Tensor median;                    // [X...], of a subsample where the data are many
  Tensor mean_abs_deviation;        // [X...], about the median
  Tensor histogram;                 // [levels, X...] where values or columns are on levels, else undefined
};

/// p(x|z), given the decoder's output theta
class ELBO_EXPORT Likelihood : public Component {
 public:
  ~Likelihood() override;
  /// The values x may take; fixes the base measure.
  Support support() const;
  /// What log_prob takes from x as known. Numbers stand beside each other only where it is the same.
  Given given() const;
  /// What the decoder must give for each datum. Raw and unconstrained: the likelihood owns its links.
  std::vector<Param> params() const;

  /// x [B, X...] -> log p(x|theta) [S, B], summed over X..., in nats. -inf outside the support.
  Tensor log_prob(const Tensor& x, const Theta& theta) const;
  /// Log mass of the box [lo, hi] (each [B, X...], ends may be infinite), summed over dimensions -> [S, B].
  /// Turns a density into an exact pmf on a grid of levels. Nothing for discrete likelihoods.
  std::optional<Tensor> interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const;

  /// E[x|theta], [S, B, X...]
  Tensor mean(const Theta& theta) const;
  /// Var[x|theta], [S, B, X...], where it has a closed form.
  std::optional<Tensor> variance(const Theta& theta) const;
  /// One draw for each theta, [S, B, X...]
  Tensor sample(const Theta& theta, Rng& rng) const;

  /// Raw parameters [numel(params())] whose marginal fits the training data; sets parameters that the module
  /// itself owns. Nothing leaves the decoder as it is.
  std::optional<Tensor> init_from(const Statistics& statistics);

 private:
  virtual Support do_support() const = 0;
  virtual Given do_given() const;
  virtual std::vector<Param> do_params() const = 0;
  virtual Tensor do_log_prob(const Tensor& x, const Theta& theta) const = 0;
  virtual std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const;
  virtual Tensor do_mean(const Theta& theta) const = 0;
  virtual std::optional<Tensor> do_variance(const Theta& theta) const;
  virtual Tensor do_sample(const Theta& theta, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_init_from(const Statistics& statistics);
};

}  // namespace elbo
