// What the order of the rows in a file gives away: classes one after the other, or neighbours that are alike.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// One sentence for each part whose file is sorted by label, and one where neighbouring rows are so alike that a random split
/// puts near copies on both sides; none for data that are generated, or that lie in blocks.
std::vector<std::string> row_order_findings(const Dataset& dataset);

}  // namespace elbo::host::data
