#pragma once
#include "data/dataset.hpp"

namespace elbo::host::data {

/// How many data each part gets.
struct SplitSizes {
  int64_t pool = 0, train = 0, valid = 0, test = 0;  // pool: of the file that training data are drawn from
};

/// The rows of its file that a part holds, in the order in which it holds them. They are drawn, so that the first so many of
/// any part, however its file is sorted, are a random sample of it.
struct SplitRows {
  std::vector<int64_t> train, valid, test;
};

/// Throws UserError: no training data left, or more asked than there are (a generator makes as many as are asked).
SplitSizes split_sizes(const Description& description, const DataConfig& config);

/// Decides the order of files that come split, once for all data.
inline constexpr int64_t drawing_seed = 1;

/// Of the file that the part is in: that of training and validation data is one unless there are validation files, and the
/// file of all data is one where it is cut by description.shuffle. Subsets are nested: fewer data are the first of more.
SplitRows split_rows(const Description& description, const SplitSizes& sizes);

/// 0 .. rows - 1 in an order that the seed alone decides, the same on every machine (Fisher & Yates).
std::vector<int64_t> permutation(int64_t rows, int64_t seed);

}  // namespace elbo::host::data
