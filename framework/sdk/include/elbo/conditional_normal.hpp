// p(a | b) with a normal: what stochastic layers above each other are made of.
#pragma once
#include <elbo/nn.hpp>
#include <elbo/posterior.hpp>

namespace elbo {

class ELBO_EXPORT ConditionalNormal : public Module {
 public:
  /// Fully connected layers from `in` values to the mean and to the log-scale, softly bounded to [-7, 3], of `out` values. The
  /// scale begins at exp(initial_log_scale) whatever is given.
  ConditionalNormal(int64_t in, const nn::MlpConfig& body, int64_t out, double initial_log_scale, Rng rng);
  ~ConditionalNormal() override;

  /// given [..., in] -> mean and log-scale [..., out]
  DiagonalNormalParams of(const Tensor& given) const;

 private:
  std::shared_ptr<nn::Mlp> body_;
  std::shared_ptr<nn::Linear> mean_, log_scale_;
};

/// log N(z; p) summed over the last dimension; z [..., n] -> [...]
ELBO_EXPORT Tensor normal_log_prob(const DiagonalNormalParams& p, const Tensor& z);

/// While it lives, the parameters of the modules are constants to whatever is computed; nothing unless `on`.
class ELBO_EXPORT HeldFixed {
 public:
  HeldFixed(const std::vector<const Module*>& modules, bool on);
  ~HeldFixed();
  HeldFixed(const HeldFixed&) = delete;
  HeldFixed& operator=(const HeldFixed&) = delete;

 private:
  std::vector<Tensor> held_;
};

}  // namespace elbo
