// Loading within a bound on memory, for files whose rows can be read without the rest.
#pragma once
#include "data/dataset.hpp"
#include "data/split.hpp"

namespace elbo::data {

/// The same parts as load() gives. What fits in config.memory_gb lies in memory; else the training data are read by blocks,
/// and only the data held out lie there. Throws UserError, also when those take more than half of it.
Dataset load_by_rows(const Description& description, const DataConfig& config, const SplitSizes& sizes);

/// Throws UserError when data of a format that is only read as a whole take more than config.memory_gb.
void check_memory(const Description& description, const DataConfig& config, const SplitSizes& sizes);

}  // namespace elbo::data
