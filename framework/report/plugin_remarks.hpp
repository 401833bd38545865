// What a reader must know of plugins that do not come with the program: whether anybody has checked them.
#pragma once
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// A sentence for each library that a run was made with and that was not shipped with the program: whether `elbo plugins check`
/// passed, by what the log says or this computer has found since, and whether its normalisation was checked.
std::vector<std::string> plugin_remarks(const std::vector<RunOutcome>& runs);

}  // namespace elbo::report
