#pragma once
#include "experiment/settings.hpp"

namespace elbo::cli {

/// A line of `elbo data info`.
void print_field(const std::string& name, const std::string& value);
/// elbo data info FILE: what is inside a file or folder of one's own, and which likelihoods fit it. The config has the path
/// and whatever of format, select and labels was given.
int own_file_info(DataConfig config);

}  // namespace elbo::cli
