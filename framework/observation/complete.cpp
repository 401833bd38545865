// What an observation model does not say until the data have been read.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "data/blocks.hpp"
#include "data/condition.hpp"
#include "observation/observation_model.hpp"

namespace elbo::host::observation {
namespace {

constexpr double most_levels = 4096;  // more are a mistake: a distribution of levels has a parameter or a step for each

/// f(place within a data point, value) of the values that are not missing.
template <class F>
void for_each_value(const data::Split& split, size_t row, F&& f) {
  data::for_each_part(split, [&](const auto& values) {
    for (size_t first = 0; first < values.size(); first += row)
      for (size_t i = 0; i < row; ++i)
        if (const auto value = static_cast<double>(values[first + i]); !std::isnan(value)) f(i, value);
  });
}

/// Which values of the test data are observed. Numbers are about these alone, so those of another mask are of other data.
std::string mask_of(const data::Split& test, size_t row) {
  std::string bits;
  int64_t observed = 0;
  data::for_each_part(test, [&](const auto& values) {
    for (const auto value : values) bits += std::isnan(static_cast<double>(value)) ? '0' : '1';
  });
  observed = std::count(bits.begin(), bits.end(), '1');
  return fmt::format("{} of {}, mask {}", observed, bits.size(),
                     sha256(fmt::format("{} columns {}", row, bits)).substr(0, 16));
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

[[noreturn]] void refuse_unobserved(const data::Dataset& dataset, size_t column) {
  throw UserError(fmt::format(
      "{}: the column '{}' has no value in any of the {} training rows; expected at least one; leave it out by "
      "dataset.select, or set another dataset.split_seed",
      dataset.name, dataset.columns.at(column), dataset.train.x.rows()));
}

Moments moments_of(const data::Dataset& dataset) {
  const auto row = static_cast<size_t>(numel(dataset.shape));
  Moments moments{std::vector<double>(row), std::vector<double>(row)};
  std::vector<double> n(row);
  for_each_value(dataset.train, row, [&](size_t i, double value) {
    moments.mean[i] += value;
    ++n[i];
  });
  for (size_t i = 0; i < row; ++i) {
    if (n[i] == 0 && dataset.masked) refuse_unobserved(dataset, i);
    moments.mean[i] /= n[i];
  }
  for_each_value(dataset.train, row,
                 [&](size_t i, double value) { moments.variance[i] += std::pow(value - moments.mean[i], 2) / n[i]; });
  return moments;
}

}  // namespace

void complete(ObservationModel& model, const data::Dataset& dataset, const std::vector<ColumnScorer>& scorers) {
  if (dataset.masked) model.mask = mask_of(dataset.test, static_cast<size_t>(numel(dataset.shape)));
  model.given = data::in_words(dataset.condition);
  model.unseen = dataset.unseen;
  for (const data::ConditionColumn& column : dataset.condition) column.add_names(model.given_names);
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
