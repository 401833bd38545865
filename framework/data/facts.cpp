// Facts of the training data in one pass over their values.
#include <algorithm>
#include <cmath>

#include "data/audit.hpp"

namespace elbo::data {
namespace {

bool are_counts(Support support) { return support == Support::counts || support == Support::simplex_counts; }

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class T>
void add_values(const std::vector<T>& values, double top, DataFacts& facts) {
  double sum = 0, zeros = 0, tops = 0;
  T low = values[0], high = values[0];
  for (const T value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
    sum += static_cast<double>(value);
    zeros += value == 0;
    tops += static_cast<double>(value) == top;
    if constexpr (std::is_floating_point_v<T>) facts.whole = facts.whole && std::floor(value) == value;
  }
  const auto n = static_cast<double>(values.size());
  facts.min = static_cast<double>(low);
  facts.max = static_cast<double>(high);
  facts.mean = sum / n;
  facts.zeros = zeros / n;
  facts.tops = tops / n;
}

/// Of a draw that is 1 with probability p: -p log p - (1 - p) log(1 - p).
double entropy(double p) { return p <= 0 || p >= 1 ? 0 : -p * std::log(p) - (1 - p) * std::log1p(-p); }

/// Of the draws of one datum, a mean; `top` stands for white.
template <class T>
double entropy_of_draws(const std::vector<T>& values, double top, int64_t data) {
  std::vector<double> of_byte;  // most grey values are bytes
  for (int level = 0; std::is_same_v<T, uint8_t> && level < 256; ++level) of_byte.push_back(entropy(level / top));
  double sum = 0;
  for (const T value : values) {
    if constexpr (std::is_same_v<T, uint8_t>) sum += of_byte[value];
    else sum += entropy(static_cast<double>(value) / top);
  }
  return sum / static_cast<double>(data);
}

struct Moments {
  std::vector<double> sum, squares;  // of each position
};

/// P(0) of a negative binomial law with this mean and variance; Poisson's where the variance is not above the mean.
double zeros_of_negative_binomial(double mean, double variance) {
  if (variance <= mean) return std::exp(-mean);
  const double dispersion = mean * mean / (variance - mean);
  return std::exp(-dispersion * std::log1p(mean / dispersion));
}

void add_dispersion(const Moments& m, DataFacts& facts) {
  std::vector<double> ratios;
  const auto n = static_cast<double>(facts.data);
  for (size_t j = 0; j < m.sum.size(); ++j) {
    const double mean = m.sum[j] / n, variance = std::max(0.0, m.squares[j] / n - mean * mean);
    if (mean > 0) ratios.push_back(variance / mean);
    facts.poisson_zeros += std::exp(-mean) / static_cast<double>(m.sum.size());
    facts.negative_binomial_zeros +=
        (mean > 0 ? zeros_of_negative_binomial(mean, variance) : 1) / static_cast<double>(m.sum.size());
  }
  facts.variance_to_mean = median(std::move(ratios));
}

template <class T>
void add_counts(const std::vector<T>& values, DataFacts& facts) {
  const auto row = static_cast<size_t>(facts.dimensions);
  Moments m{std::vector<double>(row), std::vector<double>(row)};
  std::vector<double> totals;
  for (size_t first = 0; first < values.size(); first += row) {
    double total = 0;
    for (size_t j = 0; j < row; ++j) {
      const auto x = static_cast<double>(values[first + j]);
      total += x;
      m.sum[j] += x;
      m.squares[j] += x * x;
    }
    totals.push_back(total);
  }
  add_dispersion(m, facts);
  facts.least_total = *std::min_element(totals.begin(), totals.end());
  facts.most_total = *std::max_element(totals.begin(), totals.end());
  facts.median_total = median(std::move(totals));
}

}  // namespace

DataFacts facts_of(const Dataset& dataset) {
  DataFacts facts;
  facts.name = dataset.name;
  facts.support = dataset.support;
  facts.levels = dataset.support == Support::levels ? dataset.levels : 0;
  facts.data = dataset.train.x.rows();
  facts.dimensions = numel(dataset.shape);
  const double top = facts.levels > 0 ? static_cast<double>(facts.levels - 1) : 1;
  std::visit(
      [&](const auto& values) {
        if (values.empty()) return;
        add_values(values, top, facts);
        const bool grey = facts.support == Support::levels || facts.support == Support::unit_interval;
        if (grey) facts.draws_entropy = entropy_of_draws(values, top, facts.data);
        if (are_counts(facts.support)) add_counts(values, facts);
      },
      dataset.train.x.values);
  return facts;
}

}  // namespace elbo::data
