#include "data/complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "data/visit.hpp"

namespace elbo::data {
namespace {

constexpr double most_levels = 4096;  // more are a mistake: a law of levels has a parameter or a step for each

/// f(place within a datum, value)
template <class F>
void for_each_value(const Split& split, size_t row, F&& f) {
  for_each_part(split, [&](const auto& values) {
    for (size_t i = 0; i < values.size(); ++i) f(i % row, static_cast<double>(values[i]));
  });
}

bool is_in(double value, Support set) {
  const bool whole = value >= 0 && std::floor(value) == value;
  switch (set) {
    case Support::binary:
      return value == 0 || value == 1;
    case Support::levels:
      return whole && value < most_levels;
    case Support::counts:
    case Support::simplex_counts:
      return whole;
    case Support::unit_interval:
      return value >= 0 && value <= 1;
    case Support::positive:
      return value > 0;
    case Support::real:
    case Support::mixed:
      break;
  }
  return true;
}

const char* in_words(Support set) {
  switch (set) {
    case Support::binary:
      return "0 and 1";
    case Support::levels:
      return "whole numbers from 0 to 4095";
    case Support::counts:
    case Support::simplex_counts:
      return "whole numbers from 0 on";
    case Support::unit_interval:
      return "numbers from 0 to 1";
    case Support::positive:
      return "numbers above 0";
    case Support::real:
    case Support::mixed:
      break;
  }
  return "numbers";
}

void set_columns(View& view, const Dataset& dataset, const std::vector<ColumnScorer>& scorers) {
  auto& columns = view.observation.columns;
  for (size_t i = 0; i < columns.size(); ++i) columns[i].support = scorers.at(i).support;
  for (const Split* split : {&dataset.train, &dataset.valid, &dataset.test})
    for_each_value(*split, columns.size(), [&](size_t i, double value) {
      Column& column = columns[i];
      if (!is_in(value, column.support))
        throw UserError(
            fmt::format("likelihood:{}: scores the column '{}' of {}, which holds {:g}; expected {}; choose another "
                        "likelihood for this column",
                        scorers[i].likelihood, column.name, dataset.name, value, in_words(column.support)));
      if (column.support == Support::levels) column.levels = std::max(column.levels, static_cast<int64_t>(value) + 1);
    });
  if (view.observation.support != Support::levels) return;
  for (const Column& column : columns) view.observation.levels = std::max(view.observation.levels, column.levels);
}

/// y = (x - mean) / deviation: log |dy/dx|, mean over the places; other sets than the real line are left as they are, and
/// so is a value that never varies.
double log_jacobian_of_standardizing(const View& view, const Dataset& dataset) {
  const auto row = static_cast<size_t>(numel(dataset.shape));
  const auto n = static_cast<double>(dataset.train.x.rows());
  std::vector<double> sum(row), squares(row);
  for_each_value(dataset.train, row, [&](size_t i, double value) { sum[i] += value; });
  for_each_value(dataset.train, row,
                 [&](size_t i, double value) { squares[i] += std::pow(value - sum[i] / n, 2) / n; });
  double log_jacobian = 0;
  for (size_t i = 0; i < row; ++i) {
    const bool is_real = view.observation.columns.empty() || view.observation.columns[i].support == Support::real;
    if (is_real && squares[i] >= 1e-12) log_jacobian -= std::log(squares[i]) / 2 / static_cast<double>(row);
  }
  return log_jacobian;
}

}  // namespace

void complete(View& view, const Dataset& dataset, const std::vector<ColumnScorer>& scorers) {
  if (view.by_column) {
    set_columns(view, dataset, scorers);
  } else {
    for (Column& column : view.observation.columns)
      column = {column.name, view.observation.support, view.observation.levels};
  }
  for (Transform& step : view.chain)
    if (step.name == standardize) step.log_jacobian_per_dim = log_jacobian_of_standardizing(view, dataset);
}

}  // namespace elbo::data
