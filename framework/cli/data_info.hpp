// `elbo data info FILE`: what is inside a file or folder of the user's, and what can be made of it.
#pragma once
#include <string>

#include "cli/verbs.hpp"

namespace elbo::host::cli {

constexpr const char* file_info_usage =
    "elbo data info FILE [--format FORMAT] [--select PART] [--labels PART] [--layout LAYOUT] [--missing-values A,B] "
    "[--test FILE] [--valid FILE] [--groups PART] [--stratify PART] [--time PART] [--duplicates keep|drop] "
    "[--experiment]";

/// The words begin with "info" and the path. Prints columns or parts, what fits, and a [dataset] section; or a whole experiment file.
int file_info(const Arguments& words);

}  // namespace elbo::host::cli
