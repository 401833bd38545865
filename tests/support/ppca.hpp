// Probabilistic PCA (Tipping & Bishop 1999) on 6 rows of 4 values with two factors: the optimum's parameters and terms were
// computed to 12 digits elsewhere.
#pragma once
#include "support/toy_model.hpp"

namespace elbo::host::testing::ppca {

inline constexpr double sigma2 = 0.483283651795;
inline const std::vector<double> eigenvalues = {2.466492364482, 1.803051443040};
inline const std::vector<double> log_px = {-4.97870141389,  -5.398377009995, -5.277224035165,
                                           -7.103081071089, -5.471366160955, -5.939698509537};
inline constexpr double mean_log_px = -5.694741366772;

inline const std::vector<double> values = {1,    2,  .5, -1, 0,  -1, 1.5, .5,  2,  1, -1, 0,
                                           -1.5, .5, 0,  1,  .5, -2, -.5, 1.5, -1, 0, 1,  -2};

inline Tensor rows() { return doubles(values, {6, 4}); }

inline Tensor weights() {  // [4, 2]
  return doubles({.299913974546, .874081089814, 1.071780584881, .13627979485, .055932366037, -.589282077974,
                  -.86105648413, .435803269571},
                 {4, 2});
}

/// The optimum, for an encoder that is shown the rows as they are.
inline Model optimum() {
  const Model m =
      make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                 choice("likelihood", "gaussian", {{"scale", std::string("shared")}}), {{4}, Support::real, 0}, 2);
  const Tensor w = weights(), mean = rows().mean(0), lambda = doubles(eigenvalues, {2});
  const Tensor v = w.t() / lambda.unsqueeze(1);  // M = W^T W + sigma^2 I = diag(lambda)
  set(m, "decoder.head.weight", w);
  set(m, "decoder.head.bias", mean);
  set(m, "encoder.head.mean.weight", v);
  set(m, "encoder.head.mean.bias", -v.matmul(mean));
  set(m, "encoder.head.log_scale", 0.5 * (sigma2 / lambda).log());
  m.likelihood->init_from({.count = 6, .mean = mean, .variance = doubles(std::vector<double>(4, sigma2), {4})});
  return m;
}

inline Batch batch() {
  Batch b;
  b.x = b.input = rows();
  b.ids = zeros(Shape{6}).to(at::kLong);
  return b;
}

inline const auto no_tick = [](double) {};

/// The rows as training and test data, and the optimum for an encoder that is shown what the batches show it.
struct Fed {
  data::Dataset dataset = made();
  BatchSource source{dataset, observed(dataset), true};
  Model model = optimum();

  Fed() {
    const Tensor deviation = rows().std(0, false), lambda = doubles(eigenvalues, {2});
    set(model, "encoder.head.mean.weight", weights().t() / lambda.unsqueeze(1) * deviation);
    set(model, "encoder.head.mean.bias", zeros(Shape{2}).to(at::kDouble));
  }

 private:
  static data::Dataset made() {
    data::Dataset d;
    d.shape = {4};
    d.support = Support::real;
    d.train.x = d.test.x = {{6, 4}, std::vector<float>(values.begin(), values.end())};
    return d;
  }
  static observation::ObservationModel observed(const data::Dataset& d) {
    DataConfig config;
    config.observe = "real";
    auto model = observation::observation_model({d.shape, d.support, 0}, Support::real, true, config, "gaussian");
    observation::complete(model, d, {});
    return model;
  }
};

}  // namespace elbo::host::testing::ppca
