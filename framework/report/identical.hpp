// Variants and seeds that gave the same numbers: what differs between them has no effect, whoever ignores it.
#pragma once
#include <string>
#include <vector>

#include "report/variant_row.hpp"
#include "report/variant_values.hpp"

namespace elbo::report {

/// Whether two logs say the same but for times.
bool same_numbers(const RunOutcome& a, const RunOutcome& b);

/// Whether two seeds of a variant have the same number for every datum: their spread is none of the method.
bool have_copies(const SeedRows& rows);

/// What it means that two variants have the same number for each test datum: one trained model that is evaluated in two ways, or
/// a setting without effect. A clause that follows the finding: "so a setting in which ...".
std::string what_identity_means(const VariantRow& a, const VariantRow& b);

/// A sentence for each variant whose runs gave, seed by seed, the numbers of one before it in every digit; it names the settings
/// in which the two differ.
std::vector<std::string> identical_variants(const std::vector<VariantRow>& rows);

}  // namespace elbo::report
