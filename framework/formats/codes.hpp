#pragma once
#include <string>
#include <vector>

#include "formats/array.hpp"

namespace elbo::formats {

/// Class names as numbers: the place of each among the distinct names in alphabetical order, [N].
Array coded(const std::vector<std::string>& names);

}  // namespace elbo::formats
