#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::data {

/// Class names as numbers: the place of each among the distinct names in alphabetical order, [N].
Array coded(const std::vector<std::string>& names);

}  // namespace elbo::data
