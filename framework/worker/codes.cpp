#include "worker/codes.hpp"

#include <ATen/ops/arange.h>
#include <elbo/posterior.hpp>

#include <algorithm>
#include <numbers>
#include <numeric>

#include "evaluate/evaluate.hpp"

namespace elbo::worker {
namespace {

/// So many places from -1 to 1.
double place(int64_t i, int64_t of) {
  return of < 2 ? 0 : 2 * static_cast<double>(i) / static_cast<double>(of - 1) - 1;
}

/// Shares of the way from `a` to `b` [pairs, L], weighted so that they stay on the arc between them.
std::pair<Tensor, Tensor> arc_weights(const Tensor& a, const Tensor& b, double t) {
  const Tensor length_a = a.norm(2, {1}, true), length_b = b.norm(2, {1}, true);
  const Tensor cosine = ((a * b).sum(1, true) / (length_a * length_b)).clamp(-1, 1);
  const Tensor angle = cosine.acos(), sine = angle.sin();
  const Tensor length = (1 - t) * length_a + t * length_b;
  const Tensor straight = sine.abs() < 1e-4;  // the arc is not determined, or is a line
  const auto weight = [&](double share, const Tensor& own) {
    return elbo::where(straight, elbo::full(own.sizes().vec(), share, own),
                       (share * angle).sin() / sine * length / own);
  };
  return {weight(1 - t, length_a), weight(t, length_b)};
}

}  // namespace

Tensor where_codes_are(const Model& model, const Tensor& z) { return model.prior->is_on_sphere() ? onto_sphere(z) : z; }

Tensor decoded_mean(const Model& model, const Tensor& z) {
  return model.likelihood->mean(decode(model, z.unsqueeze(0))).squeeze(0);
}

std::vector<int64_t> most_active(Model& model, const BatchSource& source) {
  constexpr int64_t enough = 500;
  const auto variances = activity(model, source, std::min(enough, source.size(Part::test)));
  std::vector<int64_t> order(variances.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return variances[a] > variances[b]; });
  return order;
}

Tensor traversal_codes(const Tensor& start, const std::vector<int64_t>& dimensions, int64_t steps, double reach) {
  const auto rows = static_cast<int64_t>(dimensions.size());
  const Tensor z = start.expand({rows * steps, start.size(1)}).clone();
  for (int64_t i = 0; i < rows * steps; ++i)
    z.select(0, i).select(0, dimensions[i / steps]).fill_(reach * place(i % steps, steps));
  return z;
}

Tensor manifold_codes(int64_t rows, int64_t columns) {
  const auto quantiles = [](int64_t n) {
    const Tensor u = (at::arange(n, at::TensorOptions(at::kFloat)) + 0.5) / static_cast<double>(n);
    return (u * 2 - 1).erfinv() * std::numbers::sqrt2;
  };
  const Tensor across = quantiles(columns).view({1, columns}).expand({rows, columns});
  const Tensor down = quantiles(rows).flip(0).view({rows, 1}).expand({rows, columns});
  return elbo::stack({across, down}, 2).view({rows * columns, 2});
}

Tensor interpolation_codes(const Tensor& from, const Tensor& to, int64_t steps, bool spherical) {
  std::vector<Tensor> all;
  for (int64_t i = 0; i < steps; ++i) {
    const double t = steps < 2 ? 0 : static_cast<double>(i) / static_cast<double>(steps - 1);
    if (!spherical) {
      all.push_back((1 - t) * from + t * to);
      continue;
    }
    const auto [a, b] = arc_weights(from, to, t);
    all.push_back(a * from + b * to);
  }
  return elbo::stack(all, 1).flatten(0, 1);
}

}  // namespace elbo::worker
