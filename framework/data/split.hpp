#pragma once
#include "data/dataset.hpp"

namespace elbo::data {

/// How many rows each part gets. Training data are the first `train` of the `pool` rows, validation data the last
/// `valid` of them, test data the first `test` of the test rows.
struct SplitSizes {
  int64_t pool = 0, train = 0, valid = 0, test = 0;
};

/// Throws UserError: no training data left, or more asked than there are (a generator makes as many as are asked).
SplitSizes split_sizes(const Description& description, const DataConfig& config);

/// 0 .. rows - 1 in an order that the seed alone decides, the same on every machine (Fisher & Yates).
std::vector<int64_t> permutation(int64_t rows, int64_t seed);

}  // namespace elbo::data
