// What a view does not say until the data have been read.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/transforms.hpp"

namespace elbo::data {

/// The likelihood that scores a column, and the values that it takes.
struct ColumnScorer {
  std::string likelihood;
  Support support = Support::real;
};

/// Gives each column the set of the likelihood that scores it, with as many levels as the data need, and standardize its
/// log-Jacobian, from the deviations of the training data. `scorers` has one for each column of a table.
/// Throws UserError when a value of a column is outside of its set.
void complete(View& view, const Dataset& dataset, const std::vector<ColumnScorer>& scorers);

}  // namespace elbo::data
