// A linear-Gaussian model with its exact posterior given the values of a row that are observed.
#pragma once
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>

#include <limits>

#include "support/toy_model.hpp"

namespace elbo::host::testing::linear {

/// x = W z + mu + sigma e, z ~ N(0, I).
struct Linear {
  Tensor w, mu;  // [D, L], [D]
  double sigma;

  /// Of the values of x [D] that are not NaN: the posterior's mean [L] and covariance [L, L].
  std::pair<Tensor, Tensor> posterior(const Tensor& x) const {
    const Tensor seen = x.isnan().logical_not().to(at::kDouble), wo = w * seen.unsqueeze(1);
    const Tensor m = wo.t().matmul(wo) + at::eye(w.size(1), wo.options()) * (sigma * sigma), inverse = m.inverse();
    const Tensor residual = (x - mu).masked_fill(x.isnan(), 0);
    return {inverse.matmul(wo.t().matmul(residual)), inverse * (sigma * sigma)};
  }
};

/// Is shown x as it is, NaN where a value is missing, and gives the exact posterior; or one whose mean is off by `shift` times the first column of
/// the covariance's Cholesky factor.
class ExactEncoder : public Encoder {
 public:
  explicit ExactEncoder(Linear model, double shift = 0) : model_(std::move(model)), shift_(shift) {}

  std::unique_ptr<Posterior> posterior_of(const Tensor& x) const {
    std::vector<Tensor> means, log_scales, below;
    for (int64_t b = 0; b < x.size(0); ++b) {
      const auto [mean, covariance] = model_.posterior(x[b]);
      const Tensor lower = at::linalg_cholesky(covariance), diagonal = lower.diagonal();
      means.push_back(mean + shift_ * lower.select(1, 0));
      log_scales.push_back(diagonal.log());
      below.push_back(lower / diagonal.unsqueeze(1));
    }
    return posteriors::full_normal(elbo::stack(means, 0), elbo::stack(log_scales, 0), elbo::stack(below, 0));
  }

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override { return posterior_of(x); }

  Linear model_;
  double shift_;
};

inline Model model_of(const Linear& linear, double shift = 0) {
  const int64_t d = linear.w.size(0), latents = linear.w.size(1);
  Observation table{{d}, Support::real, 0};
  for (int64_t j = 0; j < d; ++j) table.columns.push_back({std::to_string(j + 1)});
  Model m =
      make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                 choice("likelihood", "gaussian", {{"scale", std::string("fixed")}, {"fixed_scale", linear.sigma}}),
                 table, latents);
  const Context context = m.encoder->context();
  m.encoder = std::make_shared<ExactEncoder>(linear, shift);
  m.encoder->attach("encoder:exact", context);
  set(m, "decoder.head.weight", linear.w);
  set(m, "decoder.head.bias", linear.mu);
  return m;
}

inline Batch batch_of(const Tensor& x) {
  Batch b;
  b.x = b.input = x;
  b.ids = zeros(Shape{x.size(0)}).to(at::kLong);
  return b;
}

/// The generator linear_gaussian of this program.
inline Linear linear_gaussian() {
  return {doubles({1.2, .3, .9, -.4, .6, .6, .3, -.5, .3, .5, -.6, .6, -.9, -.4, -1.2, .3}, {8, 2}),
          doubles({.5, -.5, 1, -1, 0, .25, -.25, .75}, {8}), 0.5};
}

inline Tensor masked(const std::vector<double>& x, const std::string& mask) {
  std::vector<double> seen = x;
  for (size_t i = 0; i < x.size(); ++i)
    if (mask[i] == '0') seen[i] = std::numeric_limits<double>::quiet_NaN();
  return doubles(seen, {1, static_cast<int64_t>(x.size())});
}

}  // namespace elbo::host::testing::linear
