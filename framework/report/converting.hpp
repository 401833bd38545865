// Brings runs onto one measure where a rule allows it.
#pragma once
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// The runs, those with a way to another run's measure converted to it and marked; of two measures that convert into
/// each other exactly, to the one that comes first.
std::vector<RunOutcome> converted(std::vector<RunOutcome> runs);

}  // namespace elbo::report
