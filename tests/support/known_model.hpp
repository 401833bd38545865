// Models whose decoder is a function and whose posterior is one fixed normal distribution: for evidence that quadrature knows.
#pragma once
#include <functional>

#include "support/toy_model.hpp"

namespace elbo::host::testing {

class FunctionDecoder : public Decoder {
 public:
  explicit FunctionDecoder(std::function<Tensor(const Tensor&)> f) : f_(std::move(f)) {}

 private:
  Tensor do_decode(const Tensor& z) override { return f_(z); }
  std::function<Tensor(const Tensor&)> f_;
};

class FixedEncoder : public Encoder {
 public:
  FixedEncoder(std::vector<double> mean, std::vector<double> variance)
      : mean_(std::move(mean)), variance_(std::move(variance)) {}

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    const auto dims = static_cast<int64_t>(mean_.size());
    const Tensor one = elbo::full({x.size(0), dims}, 1.0, x);
    return posteriors::diagonal_normal(one * doubles(mean_, {dims}), one * (0.5 * doubles(variance_, {dims}).log()));
  }
  std::vector<double> mean_, variance_;
};

struct KnownModel {
  Model model;
  Batch batch;

  /// x|z by `decoder` [N, L] -> the likelihood's parameters, p(z) = N(0, I), q = N(mean, diag variance), one data point x; float64.
  KnownModel(const PluginChoice& likelihood, Support support, const std::vector<double>& x,
             std::function<Tensor(const Tensor&)> decoder, const std::vector<double>& mean,
             const std::vector<double>& variance) {
    const auto size = static_cast<int64_t>(x.size()), dims = static_cast<int64_t>(mean.size());
    model =
        make_model(choice("encoder", "linear"), choice("decoder", "linear"), likelihood, {{size}, support, 0}, dims);
    const Context context = model.decoder->context();
    model.encoder = std::make_shared<FixedEncoder>(mean, variance);
    model.decoder = std::make_shared<FunctionDecoder>(std::move(decoder));
    model.encoder->attach("encoder:fixed", context);
    model.decoder->attach("decoder:function", context);
    batch.x = batch.input = doubles(x, {1, size});
    batch.ids = zeros(Shape{1}).to(at::kLong);
  }
};

}  // namespace elbo::host::testing
