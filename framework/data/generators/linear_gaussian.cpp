#include "data/generators/linear_gaussian.hpp"

#include <cmath>
#include <numbers>

namespace elbo::host::data {
namespace {

// The columns of W are orthogonal with squared norms 5.4 and 1.72, so the two factors are told apart.
constexpr double w[LinearGaussian::dims][2] = {{1.2, 0.3}, {0.9, -0.4}, {0.6, 0.6},   {0.3, -0.5},
                                               {0.3, 0.5}, {-0.6, 0.6}, {-0.9, -0.4}, {-1.2, 0.3}};
constexpr double mu[LinearGaussian::dims] = {0.5, -0.5, 1.0, -1.0, 0.0, 0.25, -0.25, 0.75};

}  // namespace

void LinearGaussian::draw(Draws& draws, float* x) const {
  const double z0 = draws.normal();
  const double z1 = draws.normal();
  for (int64_t d = 0; d < dims; ++d)
    x[d] = static_cast<float>(w[d][0] * z0 + w[d][1] * z1 + mu[d] + sigma * draws.normal());
}

// With M = W^T W + sigma^2 I (2 x 2) and r = x - mu:
//   |C| = sigma^(2 (D - 2)) |M|,   r^T C^-1 r = (r^T r - (W^T r)^T M^-1 (W^T r)) / sigma^2.
double LinearGaussian::log_px(const float* x) const {
  const double variance = sigma * sigma;
  double m00 = variance, m11 = variance, m01 = 0, t0 = 0, t1 = 0, rr = 0;
  for (int64_t d = 0; d < dims; ++d) {
    const double r = static_cast<double>(x[d]) - mu[d];
    m00 += w[d][0] * w[d][0];
    m01 += w[d][0] * w[d][1];
    m11 += w[d][1] * w[d][1];
    t0 += w[d][0] * r;
    t1 += w[d][1] * r;
    rr += r * r;
  }
  const double det = m00 * m11 - m01 * m01;
  const double explained = (m11 * t0 * t0 - 2 * m01 * t0 * t1 + m00 * t1 * t1) / det;
  const double log_det = static_cast<double>(dims - 2) * std::log(variance) + std::log(det);
  return -0.5 * (static_cast<double>(dims) * std::log(2 * std::numbers::pi) + log_det + (rr - explained) / variance);
}

}  // namespace elbo::host::data
