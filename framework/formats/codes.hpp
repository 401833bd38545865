#pragma once
#include <string>
#include <vector>

#include "formats/array.hpp"

namespace elbo::host::formats {

/// Class names as numbers: the place of each among the distinct names in alphabetical order, [N]; the names are in `table`.
Array coded(const std::vector<std::string>& names);

}  // namespace elbo::host::formats
