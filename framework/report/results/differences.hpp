// Variants in which no number differs: what differs in their settings has no effect, whoever ignores it.
#pragma once
#include <string>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// Whether two logs say the same but for times.
bool same_numbers(const RunOutcome& a, const RunOutcome& b);

/// Whether two seeds of a variant have the same number for every data point: their spread is none of the method.
bool have_copies(const SeedRows& rows);

/// What it means that two variants have the same number for each test data point: one trained model that is evaluated in two ways, or
/// a setting without effect. A clause that follows the finding: "so a setting in which ...".
std::string what_identity_means(const VariantRow& a, const VariantRow& b);

/// A sentence for each variant whose runs gave, seed by seed, the numbers of one before it in every digit; it names the settings
/// in which the two differ.
std::vector<std::string> identical_variants(const std::vector<VariantRow>& rows);

}  // namespace elbo::host::report
