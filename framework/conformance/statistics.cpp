#include "conformance/statistics.hpp"

#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve_triangular.h>

#include <cmath>

namespace elbo::host::conformance {
namespace {

struct Cell {
  double count = 0, expected = 0, first = 0, last = 0;
};

std::vector<Cell> merged(const Tensor& counts, const Tensor& masses, const Tensor& places) {
  const double n = number(counts.sum());
  std::vector<Cell> cells;
  Cell open;
  bool is_new = true;
  for (int64_t i = 0; i < counts.numel(); ++i) {
    if (is_new) open = {0, 0, number(places[i]), 0};
    open.count += number(counts[i]);
    open.expected += n * number(masses[i]);
    open.last = number(places[i]);
    is_new = open.expected >= 10;
    if (is_new) cells.push_back(open);
  }
  const double rest = n * std::max(0., 1 - number(masses.sum()));
  if (cells.empty()) return {};
  if (!is_new) cells.back().count += open.count, cells.back().expected += open.expected;
  cells.back().expected += rest;
  return cells;
}

constexpr double room = 0.7;  // with it the variance of the weights is below 3

constexpr int64_t axis_cells = 32, kept_cells = 29;

/// Latents that are not correlated keep their own axes, so that a box stays a box; others get those of their correlations.
Tensor axes_of(const Tensor& standardised) {
  const int64_t latents = standardised.size(1), n = standardised.size(0);
  const Tensor correlations = standardised.t().matmul(standardised) / static_cast<double>(n),
               own = at::eye(latents, at::kDouble);
  if (number((correlations - own).abs().max()) < 5 / std::sqrt(static_cast<double>(n))) return own;
  return std::get<1>(at::linalg_eigh(correlations));
}

}  // namespace

void expect_counts(const Tensor& counts, const Tensor& masses, const Tensor& places, const std::string& where) {
  const std::vector<Cell> cells = merged(counts, masses, places);
  if (cells.size() < 2) return;
  double chi2 = 0;
  const Cell* worst = &cells[0];
  const auto part = [](const Cell& c) { return (c.count - c.expected) * (c.count - c.expected) / c.expected; };
  for (const Cell& cell : cells) {
    chi2 += part(cell);
    if (part(cell) > part(*worst)) worst = &cell;
  }
  const double freedom = static_cast<double>(cells.size()) - 1;
  const double p = number(at::special_gammaincc(doubles({freedom / 2}), doubles({chi2 / 2})));
  if (!(p > smallest_p))
    fail(
        "{} {:.0f} of {:.0f} samples are {:.6g}{}; log_prob expects {:.1f} (chi-squared {:.1f} with {:.0f} degrees of "
        "freedom)",
        where, worst->count, number(counts.sum()), worst->first,
        worst->last != worst->first ? fmt::format(" to {:.6g}", worst->last) : "", worst->expected, chi2, freedom);
}

double z_of_mean(const Tensor& values, double expected) {
  const double off = number(values.mean()) - expected;
  const double error = number(values.std()) / std::sqrt(static_cast<double>(values.numel()));
  if (std::abs(off) <= 1e-10 * std::max(1., std::abs(expected))) return 0;
  return off / error;
}

double z_of_difference(const Tensor& a, const Tensor& b) {
  const auto square_error = [](const Tensor& t) { return number(t.var()) / static_cast<double>(t.numel()); };
  return number(a.mean() - b.mean()) / std::sqrt(square_error(a) + square_error(b));
}

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

Reference::Reference(const Tensor& draws) {
  const int64_t n = draws.size(0), latents = draws.size(1);
  centre_ = draws.mean(0);
  const Tensor scale = draws.std(0);
  if (const auto j = first_true(scale.gt(0).logical_not())) fail("latent {} has the same value in {} samples", *j, n);
  axes_ = axes_of((draws - centre_) / scale) / scale.unsqueeze(1);
  log_volume_ = -number(scale.log().sum());

  const Tensor sorted = std::get<0>((draws - centre_).matmul(axes_).t().sort(1));
  edges_ = sorted
               .index_select(
                   1, at::linspace(0, static_cast<double>(n - 1), axis_cells + 1, at::kDouble).round().to(at::kLong))
               .contiguous();
  const Tensor widths = edges_.diff(1, 1);
  if (widths.min().item<double>() <= 0) fail("many of {} samples of one latent are equal; expected a density", n);
  const Tensor chosen = std::get<0>(std::get<1>(widths.sort(1)).slice(1, 0, kept_cells).sort(1));
  low_ = edges_.gather(1, chosen);
  width_ = widths.gather(1, chosen);
  rank_ = at::full({latents, axis_cells + 2}, -1, at::kLong)
              .scatter(1, chosen + 1, at::arange(kept_cells, at::kLong).expand({latents, kept_cells}));
}

Reference::Seen Reference::at(const Tensor& z) const {
  const Tensor u = (z - centre_).matmul(axes_).t().contiguous();
  const Tensor rank = rank_.gather(1, at::searchsorted(edges_, u, /*out_int32=*/false, /*right=*/true)),
               cell = rank.clamp_min(0);
  const Tensor width = width_.gather(1, cell), inside = rank.ge(0).all(0);
  const Tensor place = (cell + (u - low_.gather(1, cell)) / width) / static_cast<double>(kept_cells);
  const Tensor log_density = (width * static_cast<double>(kept_cells)).log().sum(0).neg() + log_volume_;
  return {log_density.masked_fill(inside.logical_not(), -INFINITY), place.t()};
}

Tensor Reference::draws(const Tensor& place) const {
  const Tensor at = place.t() * static_cast<double>(kept_cells),
               cell = at.floor().clamp(0, kept_cells - 1).to(at::kLong);
  const Tensor u = low_.gather(1, cell) + (at - cell) * width_.gather(1, cell);
  // The axes are orthogonal up to the scale of each latent.
  return centre_ + at::linalg_solve(axes_.t(), u).t();
}

Tensor legendre(const Tensor& place) {
  const Tensor t = 2 * place - 1, t2 = t.square();
  return at::cat({at::full({t.size(0), 1}, 1., at::kDouble), std::sqrt(3.) * t, std::sqrt(5.) / 2 * (3 * t2 - 1),
                  std::sqrt(7.) / 2 * t * (5 * t2 - 3)},
                 1);
}

}  // namespace elbo::host::conformance
