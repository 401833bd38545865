// Models whose decoder is a function and whose encoder is as good or as bad as a test wants, for data whose log p(x) is known.
#pragma once
#include <ATen/ops/linspace.h>
#include <ATen/ops/meshgrid.h>

#include <cmath>
#include <functional>

#include "evidence/ladder.hpp"
#include "support/known_model.hpp"

namespace elbo::host::testing {

/// q(z|x) = N(mean, diag sd^2) of the row that the first value of x names.
class RowEncoder : public Encoder {
 public:
  RowEncoder(Tensor mean, Tensor sd) : mean_(std::move(mean)), sd_(std::move(sd)) {}

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    const Tensor rows = x.flatten(1).select(1, 0).to(at::kLong);
    return posteriors::diagonal_normal(mean_.index_select(0, rows), sd_.index_select(0, rows).log());
  }
  Tensor mean_, sd_;  // [B, L]
};

struct RowModel {
  Model model;
  Batch batch;

  /// p(z) = N(0, I), x|z by `decoder` [N, L] -> the likelihood's parameters; x [B, D], mean and sd [B, L] of q; float64.
  RowModel(const PluginChoice& likelihood, Support support, const Tensor& x,
           std::function<Tensor(const Tensor&)> decoder, const Tensor& mean, const Tensor& sd) {
    const int64_t dims = mean.size(1);
    model = make_model(choice("encoder", "linear"), choice("decoder", "linear"), likelihood, {{x.size(1)}, support, 0},
                       dims);
    const Context context = model.decoder->context();
    model.encoder = std::make_shared<RowEncoder>(mean, sd);
    model.decoder = std::make_shared<FunctionDecoder>(std::move(decoder));
    model.encoder->attach("encoder:rows", context);
    model.decoder->attach("decoder:function", context);
    batch.x = x;
    batch.ids = arange(x.size(0), x).to(at::kLong);
    batch.input = x.clone();
    batch.input.select(1, 0).copy_(batch.ids);
  }
};

inline PluginChoice noise_of(const char* likelihood, double scale) {
  return choice("likelihood", likelihood, {{"scale", std::string("fixed")}, {"fixed_scale", scale}});
}

/// What the ladder works on, for all data of a model at once.
struct Posed {
  const Model& model;
  Batch batch;
  HeldParameters held{model};
  LatentSpace space{model, batch.input, Rng(77)};
  LatentDensity density{model, batch, observation::Scoring::direct, space, 1 << 16, [] {}};

  explicit Posed(const RowModel& m) : model(m.model), batch(m.batch) {}
  Posed(const Model& of, Batch with) : model(of), batch(std::move(with)) {}
};

/// log p(x) of each data point of a model of two latents by the trapezoid rule on [-reach, reach]^2 in y.
inline std::vector<double> by_quadrature(const LatentDensity& f, double reach, int64_t points) {
  const Tensor axis = at::linspace(-reach, reach, points, at::TensorOptions(at::kDouble));
  const auto grid = at::meshgrid({axis, axis}, "ij");
  const Tensor y = elbo::stack({grid[0].flatten(), grid[1].flatten()}, 1).unsqueeze(1);
  const double log_cell = 2 * std::log(2 * reach / static_cast<double>(points - 1));
  std::vector<double> all;
  for (int64_t b = 0; b < f.data(); ++b) all.push_back(item(f.values(y, {b}).logsumexp(0)) + log_cell);
  return all;
}

/// x|z of logits or locations B tanh(A z + c), whose weights a seed decides: two latents, `hidden` units, `values` of x.
inline std::function<Tensor(const Tensor&)> random_network(int64_t latents, int64_t hidden, int64_t values,
                                                           double scale, uint64_t seed) {
  Rng rng = double_rng(seed);
  const Tensor a = rng.normal({latents, hidden}), c = rng.normal({1, hidden}),
               b = scale * rng.normal({hidden, values}) / std::sqrt(static_cast<double>(hidden));
  return [=](const Tensor& z) { return (z.matmul(a) + c).tanh().matmul(b); };
}

}  // namespace elbo::host::testing
