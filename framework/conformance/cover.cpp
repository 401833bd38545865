#include "conformance/cover.hpp"

#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_solve_triangular.h>

#include <cmath>

namespace elbo::conformance {
namespace {

constexpr double room = 0.7;  // with it the variance of the weights is below 3

}  // namespace

Cover::Cover(const Tensor& z, double width) : mean_(z.mean(0)) {
  const Tensor centred = z - mean_;
  root_ = at::linalg_cholesky(centred.t().matmul(centred) / static_cast<double>(z.size(0) - 1)) * width;
}

Tensor Cover::log_prob(const Tensor& z) const {
  const Tensor u = at::linalg_solve_triangular(root_, (z - mean_).t(), false);
  const double constant = std::log(2 * M_PI) / 2 * static_cast<double>(z.size(1));
  return u.square().sum(0) / -2 - root_.diagonal().log().sum() - constant;
}

Tensor Cover::draws(int64_t count) const {
  return mean_ + double_rng(8).normal({1, count, mean_.size(0)})[0].matmul(root_.t());
}

double wider_in(int64_t dimensions) { return 1 + room / std::sqrt(static_cast<double>(dimensions)); }
double narrower_in(int64_t dimensions) {
  return 1 - room / std::sqrt(static_cast<double>(std::max<int64_t>(2, dimensions)));
}

}  // namespace elbo::conformance
