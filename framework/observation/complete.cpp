// What an observation model does not say until the data have been read.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "data/blocks.hpp"
#include "observation/observation_model.hpp"

namespace elbo::host::observation {
namespace {

constexpr double most_levels = 4096;  // more are a mistake: a distribution of levels has a parameter or a step for each

/// f(place within a datum, value)
template <class F>
void for_each_value(const data::Split& split, size_t row, F&& f) {
  data::for_each_part(split, [&](const auto& values) {
    for (size_t first = 0; first < values.size(); first += row)
      for (size_t i = 0; i < row; ++i) f(i, static_cast<double>(values[first + i]));
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

void set_columns(ObservationModel& model, const data::Dataset& dataset, const std::vector<ColumnScorer>& scorers) {
  auto& columns = model.observation.columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].support = scorers.at(i).support;
    if (columns[i].support == Support::levels) columns[i].levels = 2;  // also where one of them never occurs
  }
  for (const data::Split* split : {&dataset.train, &dataset.valid, &dataset.test})
    for_each_value(*split, columns.size(), [&](size_t i, double value) {
      Column& column = columns[i];
      if (!is_in(value, column.support))
        throw UserError(
            fmt::format("likelihood:{}: scores the column '{}' of {}, which holds {:g}; expected {}; choose another "
                        "likelihood for this column",
                        scorers[i].likelihood, column.name, dataset.name, value, in_words(column.support)));
      if (column.support == Support::levels) column.levels = std::max(column.levels, static_cast<int64_t>(value) + 1);
    });
  if (model.observation.support != Support::levels) return;
  for (const Column& column : columns) model.observation.levels = std::max(model.observation.levels, column.levels);
}

Moments moments_of(const data::Dataset& dataset) {
  const auto row = static_cast<size_t>(numel(dataset.shape));
  const auto n = static_cast<double>(dataset.train.x.rows());
  Moments moments{std::vector<double>(row), std::vector<double>(row)};
  for_each_value(dataset.train, row, [&](size_t i, double value) { moments.mean[i] += value; });
  for (double& mean : moments.mean) mean /= n;
  for_each_value(dataset.train, row,
                 [&](size_t i, double value) { moments.variance[i] += std::pow(value - moments.mean[i], 2) / n; });
  return moments;
}

}  // namespace

void complete(ObservationModel& model, const data::Dataset& dataset, const std::vector<ColumnScorer>& scorers) {
  if (model.by_column()) {
    set_columns(model, dataset, scorers);
  } else {
    for (Column& column : model.observation.columns)
      column = {column.name, model.observation.support, model.observation.levels};
  }
  std::optional<Moments> moments;
  for (Transform& step : model.chain)
    std::visit(
        [&](auto& transform) {
          if (!transform.needs_moments) return;
          if (!moments) moments = moments_of(dataset);
          transform.fit(*moments, model.observation);
        },
        step);
}

}  // namespace elbo::host::observation
