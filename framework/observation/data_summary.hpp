// What the training data are: the numbers that choosing a likelihood depends on, and what is likely to be a mistake.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::observation {

/// A summary of the training data.
struct DataSummary {
  std::string name;
  Support support = Support::real;
  int64_t levels = 0, data = 0, dimensions = 0;
  double min = 0, max = 0, mean = 0;
  double zeros = 0,
         tops = 0;    // shares of values that are exactly 0; exactly the largest one allowed (levels - 1, or 1)
  bool whole = true;  // every value is an integer
  int64_t whole_positions = 0;  // of real values: positions at which every one is
  double draws_entropy = 0;     // of grey values: mean entropy of a data point's binary draws, nats
  // of counts:
  double variance_to_mean = 0;         // median over the positions that are not always 0
  double poisson_zeros = 0;            // share of zeros if each position were Poisson with its mean
  double negative_binomial_zeros = 0;  // the same with its mean and variance
  double least_total = 0, median_total = 0, most_total = 0;  // of one data point
  /// What is likely to be a mistake or a trap under any likelihood, one sentence each, with the place and the number.
  std::vector<std::string> findings{};
};

/// Counts, also those whose total is given.
bool are_counts(Support support);
/// Summarises the training data in one pass, and looks for copies of them among the validation and test data.
/// `counted`: columns of a table, by their places from 0, that are known to be scored as levels or counts.
DataSummary summary_of(const data::Dataset& dataset, const std::vector<int64_t>& counted = {});
/// Summarises some columns of a table, by their places from 0, as a likelihood with this support sees them; without findings.
DataSummary summary_of_columns(const data::Dataset& dataset, const std::vector<int64_t>& columns, Support support);

/// "12.3 %"
std::string percent(double share);
/// "fashion_mnist: 60000 x 784 values on 256 levels, 50.0 % exactly 0, 0.4 % exactly 255, mean 72.9"
std::string in_words(const DataSummary& summary);

}  // namespace elbo::host::observation
