// Facts of the training data in one pass over their values.
#include <algorithm>
#include <cmath>
#include <limits>

#include "data/audit.hpp"
#include "data/columns.hpp"
#include "data/duplicates.hpp"
#include "data/row_order.hpp"
#include "data/visit.hpp"

namespace elbo::data {

bool are_counts(Support support) { return support == Support::counts || support == Support::simplex_counts; }

namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of a draw that is 1 with probability p: -p log p - (1 - p) log(1 - p).
double entropy(double p) { return p <= 0 || p >= 1 ? 0 : -p * std::log(p) - (1 - p) * std::log1p(-p); }

/// Beyond 2^24 every float is an integer, whatever the file held.
bool is_whole(float value) { return std::floor(value) == value && std::abs(value) <= 1 << 24; }

/// Sums over values that come part by part.
class Sums {
 public:
  Sums(double top, int64_t row, bool grey, bool counts)
      : top_(top), row_(static_cast<size_t>(row)), grey_(grey), counts_(counts), whole_at_(row_, 1) {
    for (int level = 0; grey && level < 256; ++level)
      entropy_of_byte_.push_back(entropy(level / top));  // most grey values are bytes
    if (counts) sum_of_.resize(row_), squares_of_.resize(row_);
  }

  template <class T>
  void add(const std::vector<T>& values) {
    for (const T value : values) add_value(value);
    if (grey_)
      for (const T value : values) {
        if constexpr (std::is_same_v<T, uint8_t>) entropy_ += entropy_of_byte_[value];
        else entropy_ += entropy(static_cast<double>(value) / top_);
      }
    for (size_t first = 0; counts_ && first < values.size(); first += row_) add_counts(values.data() + first);
    if constexpr (std::is_floating_point_v<T>)
      for (size_t i = 0; i < values.size(); ++i) whole_at_[i % row_] &= static_cast<char>(is_whole(values[i]));
  }

  void write(DataFacts& facts) const;

 private:
  template <class T>
  void add_value(T value) {
    const auto x = static_cast<double>(value);
    low_ = std::min(low_, x);
    high_ = std::max(high_, x);
    sum_ += x;
    zeros_ += value == 0;
    tops_ += x == top_;
    if constexpr (std::is_floating_point_v<T>) whole_ = whole_ && is_whole(value);
    ++values_;
  }

  template <class T>
  void add_counts(const T* datum) {
    double total = 0;
    for (size_t j = 0; j < row_; ++j) {
      const auto x = static_cast<double>(datum[j]);
      total += x;
      sum_of_[j] += x;
      squares_of_[j] += x * x;
    }
    totals_.push_back(total);
  }

  double top_;
  size_t row_;
  bool grey_, counts_;
  std::vector<char> whole_at_;  // whether every value at the position is an integer
  std::vector<double> entropy_of_byte_;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0, zeros_ = 0, tops_ = 0, entropy_ = 0;
  bool whole_ = true;
  int64_t values_ = 0;
  std::vector<double> sum_of_, squares_of_;  // of each position
  std::vector<double> totals_;
};

/// P(0) of a negative binomial law with this mean and variance; Poisson's where the variance is not above the mean.
double zeros_of_negative_binomial(double mean, double variance) {
  if (variance <= mean) return std::exp(-mean);
  const double dispersion = mean * mean / (variance - mean);
  return std::exp(-dispersion * std::log1p(mean / dispersion));
}

void add_dispersion(const std::vector<double>& sums, const std::vector<double>& squares, DataFacts& facts) {
  std::vector<double> ratios;
  const auto n = static_cast<double>(facts.data), positions = static_cast<double>(sums.size());
  for (size_t j = 0; j < sums.size(); ++j) {
    const double mean = sums[j] / n, variance = std::max(0.0, squares[j] / n - mean * mean);
    if (mean > 0) ratios.push_back(variance / mean);
    facts.poisson_zeros += std::exp(-mean) / positions;
    facts.negative_binomial_zeros += (mean > 0 ? zeros_of_negative_binomial(mean, variance) : 1) / positions;
  }
  facts.variance_to_mean = median(std::move(ratios));
}

void Sums::write(DataFacts& facts) const {
  if (values_ == 0) return;
  const auto n = static_cast<double>(values_);
  facts.min = low_;
  facts.max = high_;
  facts.mean = sum_ / n;
  facts.zeros = zeros_ / n;
  facts.tops = tops_ / n;
  facts.whole = whole_;
  if (facts.support == Support::real) facts.whole_positions = std::count(whole_at_.begin(), whole_at_.end(), 1);
  if (grey_) facts.draws_entropy = entropy_ / static_cast<double>(facts.data);
  if (!counts_) return;
  add_dispersion(sum_of_, squares_of_, facts);
  facts.least_total = *std::min_element(totals_.begin(), totals_.end());
  facts.most_total = *std::max_element(totals_.begin(), totals_.end());
  facts.median_total = median(totals_);
}

DataFacts begun(const std::string& name, Support support, int64_t levels, int64_t data, int64_t dimensions) {
  return {.name = name,
          .support = support,
          .levels = support == Support::levels ? levels : 0,
          .data = data,
          .dimensions = dimensions};
}

Sums sums_for(const DataFacts& facts) {
  const double top = facts.levels > 0 ? static_cast<double>(facts.levels - 1) : 1;
  const bool grey = facts.support == Support::levels || facts.support == Support::unit_interval;
  return Sums(top, facts.dimensions, grey, are_counts(facts.support));
}

}  // namespace

DataFacts facts_of(const Dataset& dataset, const std::vector<int64_t>& counted) {
  DataFacts facts = begun(dataset.name, dataset.support, dataset.levels, dataset.train.x.rows(), numel(dataset.shape));
  Sums sums = sums_for(facts);
  ColumnWatch columns(dataset, counted);
  TrainingRows rows(facts.dimensions);
  for_each_part(dataset.train, [&](const auto& values) {
    sums.add(values);
    columns.add(values);
    rows.add(values);
  });
  sums.write(facts);
  facts.findings = columns.findings();
  for (std::string& sentence : rows.findings(dataset)) facts.findings.push_back(std::move(sentence));
  for (std::string& sentence : row_order_findings(dataset)) facts.findings.push_back(std::move(sentence));
  return facts;
}

DataFacts facts_of_columns(const Dataset& dataset, const std::vector<int64_t>& places, Support support) {
  double top = 0;
  const auto row = static_cast<size_t>(numel(dataset.shape));
  const auto chosen = [&](const auto& values) {
    auto own = std::decay_t<decltype(values)>();
    for (size_t first = 0; first < values.size(); first += row)
      for (const int64_t place : places) own.push_back(values[first + static_cast<size_t>(place)]);
    return own;
  };
  if (support == Support::levels)
    for_each_part(dataset.train, [&](const auto& values) {
      for (const auto value : chosen(values)) top = std::max(top, static_cast<double>(value));
    });
  DataFacts facts = begun(dataset.name, support, static_cast<int64_t>(top) + 1, dataset.train.x.rows(),
                          static_cast<int64_t>(places.size()));
  Sums sums = sums_for(facts);
  for_each_part(dataset.train, [&](const auto& values) { sums.add(chosen(values)); });
  sums.write(facts);
  return facts;
}

}  // namespace elbo::data
