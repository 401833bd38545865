#pragma once
#include "data/dataset.hpp"

namespace elbo::host::data {

/// How many data each part gets.
struct SplitSizes {
  int64_t pool = 0, train = 0, valid = 0, test = 0;  // pool: of the file that training data are drawn from
};

/// Throws UserError: no training data left, or more asked than there are (a generator makes as many as are asked).
SplitSizes split_sizes(const Description& description, const DataConfig& config);

/// Decides the order of files that come split, once for all data.
inline constexpr int64_t drawing_seed = 1;

/// Of the file that the part is in: that of training and validation data is one unless there are validation files, and the
/// file of all data is one where it is cut by description.shuffle. Subsets are nested: fewer data are the first of more.
SplitRows split_rows(const Description& description, const SplitSizes& sizes);

/// Rows of the file of "train_", "valid_", "test_" or, where one file holds all, "" that can be used, whether they are or not.
int64_t usable_rows(const Description& description, const std::string& part);

/// 0 .. rows - 1 in an order that the seed alone decides, the same on every machine (Fisher & Yates).
std::vector<int64_t> permutation(int64_t rows, int64_t seed);

}  // namespace elbo::host::data
