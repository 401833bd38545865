#include "evidence/proposal.hpp"

#include <ATen/ops/linalg_solve_triangular.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <elbo/tensor.hpp>

namespace elbo::host {
namespace {

constexpr int64_t degrees = 20;  // even, so that a chi-squared variate is a sum of exponential ones

Tensor log_density(const Location& at, const Tensor& y) {
  const auto dims = static_cast<double>(at.mean.size(0));
  constexpr auto nu = static_cast<double>(degrees);
  const double constant =
      std::lgamma((nu + dims) / 2) - std::lgamma(nu / 2) - dims / 2 * std::log(nu * std::numbers::pi) - at.log_det();
  return constant - (nu + dims) / 2 * (at.whitened(y).square().sum(-1) / nu).log1p();
}

}  // namespace

double Location::log_det() const { return root.diagonal().log().sum().item<double>(); }

Tensor Location::whitened(const Tensor& y) const {
  const Tensor rows = (y - mean).reshape({-1, mean.size(0)});
  return at::linalg_solve_triangular(root, rows.t(), /*upper=*/false).t().reshape(y.sizes());
}

Tensor Location::unwhitened(const Tensor& u) const { return mean + u.matmul(root.t()); }

StudentT StudentT::rounded(int64_t n) const {
  StudentT r = *this;
  int64_t left = n;
  for (Part& part : r.parts_) {
    const int64_t count =
        &part == &r.parts_.back() ? left : std::min(left, std::lround(static_cast<double>(n) * part.share));
    part.share = static_cast<double>(count) / static_cast<double>(n);
    left -= count;
  }
  return r;
}

Tensor StudentT::sample(int64_t n, const Rng& rng) const {
  Rng noise = rng.like(parts_.front().at.mean);
  const int64_t dims = parts_.front().at.mean.size(0);
  const Tensor normal = noise.normal({n, 1, dims}).squeeze(1);
  const Tensor chi_squared = -2 * noise.uniform({n, 1, degrees / 2}).squeeze(1).log().sum(1, true);
  const Tensor u = normal * (static_cast<double>(degrees) / chi_squared).sqrt();
  std::vector<Tensor> samples;
  int64_t first = 0;
  for (const Part& part : parts_) {
    const int64_t count =
        &part == &parts_.back() ? n - first : std::min(n - first, std::lround(static_cast<double>(n) * part.share));
    samples.push_back(part.at.unwhitened(u.narrow(0, first, count)));
    first += count;
  }
  return elbo::cat(samples, 0);
}

Tensor StudentT::log_prob(const Tensor& y) const {
  Tensor all;
  for (const Part& part : parts_) {
    if (part.share <= 0) continue;
    const Tensor log_p = log_density(part.at, y) + std::log(part.share);
    all = all.defined() ? log_add_exp(all, log_p) : log_p;
  }
  return all;
}

Tensor normal_log_prob(const Location& at, const Tensor& u) {
  return -(0.5 * u.square() + half_log_2pi).sum(-1) - at.log_det();
}

}  // namespace elbo::host
