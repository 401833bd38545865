// What the formats are called. Apart from them, for whoever knows no more of a format.
#pragma once
#include <string>
#include <vector>

namespace elbo::host::formats {

/// In alphabetical order of the files in readers/.
std::vector<std::string> format_names();

}  // namespace elbo::host::formats
