// Whether the training times of runs may be compared.
#pragma once
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// Why not, in one sentence: other runs or programs took part of the machine, or the machines differ. Empty where they may be.
std::string why_times_differ(const std::vector<VariantRow>& rows);

}  // namespace elbo::report
