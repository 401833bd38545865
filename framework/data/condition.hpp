// What p(x|c) is given of each data point: columns, labels or factors that are not modelled.
#pragma once
#include "data/dataset.hpp"

namespace elbo::host::data {

/// What is given of the rows of each part: for each column of `columns` one number a row, a place among its levels or -1 for a name
/// that the training data lack.
struct Condition {
  using Values = std::vector<std::vector<double>>;

  std::vector<ConditionColumn> columns;
  Values train, valid, test;
  std::vector<std::string> notes;
};

/// Of files, of which these rows are used. Throws SettingFault: no such column or labels, a row without a value, one value for all
/// training data, a name that these lack unless dataset.unseen lets the model know data of which nothing is given.
Condition condition_of(const Description& description, const DataConfig& config, const SplitRows& rows);

/// The same of data that the program makes: of their factors and labels.
Condition generated_condition(const Dataset& dataset, const DataConfig& config);

/// Whether a value of Split::condition is none.
bool is_unknown(const ConditionColumn& column, double value);

/// Throws SettingFault where the generator makes no such factor; whether there are labels is seen when the data are made.
void check_generated_condition(const Description& description, const DataConfig& config);

/// The place of the column with this name. Throws UserError where none has it.
size_t place_of_condition(const std::vector<ConditionColumn>& columns, const std::string& name);
/// The value of that column that somebody names. Throws UserError: no such column or level, or no number.
double named_value(const std::vector<ConditionColumn>& columns, const std::string& name, const std::string& text);
/// Those of rows of new data; a level that the training data lack is refused unless `unseen` is above 0. Throws UserError naming it.
std::vector<double> values_of_texts(const ConditionColumn& column, const std::vector<std::string>& texts,
                                    double unseen);

/// "sex (2 levels, 3f2a9c), age"; empty where nothing is given.
std::string in_words(const std::vector<ConditionColumn>& columns);

}  // namespace elbo::host::data
