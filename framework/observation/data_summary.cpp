#include "observation/data_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/audit/columns.hpp"
#include "data/audit/leakage.hpp"
#include "data/blocks.hpp"

namespace elbo::host::observation {

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

template <class T>
bool is_missing(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  else return false;
}

/// Sums over the values that are not missing, which come part by part.
class Sums {
 public:
  Sums(double top, int64_t row, bool grey, bool counts)
      : top_(top), row_(static_cast<size_t>(row)), grey_(grey), counts_(counts), whole_at_(row_, 1) {
    for (int level = 0; grey && level < 256; ++level)
      entropy_of_byte_.push_back(entropy(level / top));  // most grey values are bytes
    if (counts) sum_of_.resize(row_), squares_of_.resize(row_), seen_.resize(row_);
  }

  template <class T>
  void add(const std::vector<T>& values) {
    for (const T value : values)
      if (!is_missing(value)) add_value(value);
    if (grey_)
      for (const T value : values) {
        if (is_missing(value)) continue;
        if constexpr (std::is_same_v<T, uint8_t>) entropy_ += entropy_of_byte_[value];
        else entropy_ += entropy(static_cast<double>(value) / top_);
      }
    for (size_t first = 0; counts_ && first < values.size(); first += row_) add_counts(values.data() + first);
    if constexpr (std::is_floating_point_v<T>)
      for (size_t i = 0; i < values.size(); ++i)
        whole_at_[i % row_] &= static_cast<char>(is_missing(values[i]) || is_whole(values[i]));
  }

  void write(DataSummary& summary) const;

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
    bool is_complete = true;
    for (size_t j = 0; j < row_; ++j) {
      if (is_missing(datum[j])) {
        is_complete = false;
        continue;
      }
      const auto x = static_cast<double>(datum[j]);
      ++seen_[j];
      total += x;
      sum_of_[j] += x;
      squares_of_[j] += x * x;
    }
    if (is_complete) totals_.push_back(total);
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
  std::vector<double> sum_of_, squares_of_, seen_;  // of each position; seen: how many values are not missing
  std::vector<double> totals_;
};

/// P(0) of a negative binomial distribution with this mean and variance; Poisson's where the variance is not above the mean.
double zeros_of_negative_binomial(double mean, double variance) {
  if (variance <= mean) return std::exp(-mean);
  const double dispersion = mean * mean / (variance - mean);
  return std::exp(-dispersion * std::log1p(mean / dispersion));
}

void add_dispersion(const std::vector<double>& sums, const std::vector<double>& squares,
                    const std::vector<double>& seen, DataSummary& summary) {
  std::vector<double> ratios;
  const auto positions = static_cast<double>(sums.size());
  for (size_t j = 0; j < sums.size(); ++j) {
    const double n = std::max(1.0, seen[j]);
    const double mean = sums[j] / n, variance = std::max(0.0, squares[j] / n - mean * mean);
    if (mean > 0) ratios.push_back(variance / mean);
    summary.poisson_zeros += std::exp(-mean) / positions;
    summary.negative_binomial_zeros += (mean > 0 ? zeros_of_negative_binomial(mean, variance) : 1) / positions;
  }
  summary.variance_to_mean = median(std::move(ratios));
}

void Sums::write(DataSummary& summary) const {
  if (values_ == 0) return;
  const auto n = static_cast<double>(values_);
  summary.min = low_;
  summary.max = high_;
  summary.mean = sum_ / n;
  summary.zeros = zeros_ / n;
  summary.tops = tops_ / n;
  summary.whole = whole_;
  if (summary.support == Support::real) summary.whole_positions = std::count(whole_at_.begin(), whole_at_.end(), 1);
  if (grey_) summary.draws_entropy = entropy_ / static_cast<double>(summary.data);
  if (!counts_) return;
  add_dispersion(sum_of_, squares_of_, seen_, summary);
  if (totals_.empty()) return;
  summary.least_total = *std::min_element(totals_.begin(), totals_.end());
  summary.most_total = *std::max_element(totals_.begin(), totals_.end());
  summary.median_total = median(totals_);
}

DataSummary begun(const std::string& name, Support support, int64_t levels, int64_t data, int64_t dimensions) {
  return {.name = name,
          .support = support,
          .levels = support == Support::levels ? levels : 0,
          .data = data,
          .dimensions = dimensions};
}

Sums sums_for(const DataSummary& summary) {
  const double top = summary.levels > 0 ? static_cast<double>(summary.levels - 1) : 1;
  const bool grey = summary.support == Support::levels || summary.support == Support::unit_interval;
  return Sums(top, summary.dimensions, grey, are_counts(summary.support));
}

}  // namespace

DataSummary summary_of(const data::Dataset& dataset, const std::vector<int64_t>& counted) {
  DataSummary summary =
      begun(dataset.name, dataset.support, dataset.levels, dataset.train.x.rows(), numel(dataset.shape));
  Sums sums = sums_for(summary);
  data::ColumnWatch columns(dataset, counted);
  data::TrainingRows rows(summary.dimensions);
  data::for_each_part(dataset.train, [&](const auto& values) {
    sums.add(values);
    columns.add(values);
    rows.add(values);
  });
  sums.write(summary);
  summary.findings = dataset.notes;
  for (std::string& sentence : columns.findings()) summary.findings.push_back(std::move(sentence));
  for (std::string& sentence : rows.findings(dataset)) summary.findings.push_back(std::move(sentence));
  for (std::string& sentence : data::row_order_findings(dataset)) summary.findings.push_back(std::move(sentence));
  return summary;
}

DataSummary summary_of_columns(const data::Dataset& dataset, const std::vector<int64_t>& columns, Support support) {
  double top = 0;
  const auto row = static_cast<size_t>(numel(dataset.shape));
  const auto chosen = [&](const auto& values) {
    auto own = std::decay_t<decltype(values)>();
    for (size_t first = 0; first < values.size(); first += row)
      for (const int64_t place : columns) own.push_back(values[first + static_cast<size_t>(place)]);
    return own;
  };
  if (support == Support::levels)
    data::for_each_part(dataset.train, [&](const auto& values) {
      for (const auto value : chosen(values)) top = std::max(top, static_cast<double>(value));
    });
  DataSummary summary = begun(dataset.name, support, static_cast<int64_t>(top) + 1, dataset.train.x.rows(),
                              static_cast<int64_t>(columns.size()));
  Sums sums = sums_for(summary);
  data::for_each_part(dataset.train, [&](const auto& values) { sums.add(chosen(values)); });
  sums.write(summary);
  return summary;
}

std::string percent(double share) {
  return share > 0 && share < 0.0005 ? "under 0.1 %" : fmt::format("{:.1f} %", 100 * share);
}

std::string in_words(const DataSummary& f) {
  std::string text = fmt::format("{}: {} x {} ", f.name, f.data, f.dimensions);
  if (f.levels > 0) {
    text += fmt::format("values on {} levels, {} exactly 0, {} exactly {}", f.levels, percent(f.zeros), percent(f.tops),
                        f.levels - 1);
  } else if (f.support == Support::binary) {
    return text + fmt::format("values in {{0, 1}}, {} ones", percent(f.mean));
  } else if (are_counts(f.support)) {
    text += fmt::format(
        "counts up to {:.0f}, {} zeros, variance / mean {:.2f} (median over positions), totals {:.0f} to {:.0f}, "
        "median {:.0f}",
        f.max, percent(f.zeros), f.variance_to_mean, f.least_total, f.most_total, f.median_total);
  } else {
    text += fmt::format("values from {:.4g} to {:.4g}{}, {} exactly 0", f.min, f.max, f.whole ? ", all integers" : "",
                        percent(f.zeros));
    if (f.support == Support::unit_interval) text += fmt::format(", {} exactly 1", percent(f.tops));
  }
  return text + fmt::format(", mean {:.4g}", f.mean);
}

}  // namespace elbo::host::observation
