// Data that occur on both sides of a split, value for value.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// A hash of the values of each row, the same whichever type holds them.
std::vector<uint64_t> row_hashes(const Array& x);

/// Collects the training data as they come by, as a hash of 64 bits each.
class TrainingRows {
 public:
  explicit TrainingRows(int64_t row) : row_(static_cast<size_t>(row)) {}
  template <class T>
  void add(const std::vector<T>& values);

  /// "12 of 100 test data are copies of training data ..."; one sentence for the validation data, one for the test data,
  /// none where no data point is on both sides.
  std::vector<std::string> findings(const Dataset& dataset);

 private:
  size_t row_;
  std::vector<std::pair<uint64_t, int64_t>> hashes_;  // and the data point's place
};

// What the order of the rows in a file gives away: classes one after the other, or neighbours that are alike.

/// One sentence for each part whose file is sorted by label, and one where neighbouring rows are so alike that a random split
/// puts near copies on both sides; none for data that are generated, or that lie in blocks.
std::vector<std::string> row_order_findings(const Dataset& dataset);

}  // namespace elbo::host::data
