#include "conformance/statistics.hpp"

#include <cmath>

namespace elbo::conformance {
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
        "{} {:.0f} of {:.0f} draws are {:.6g}{}; log_prob expects {:.1f} (chi-squared {:.1f} with {:.0f} degrees of "
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

}  // namespace elbo::conformance
