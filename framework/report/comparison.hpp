// Who did best, said only of numbers that may be compared.
#pragma once
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// One table for each measure, best first; deterministic autoencoders, failed and unfinished runs apart.
/// `width` as in format_table.
std::string comparison_text(const std::vector<RunOutcome>& runs, size_t width = 0);
/// The same rows for programs: every summary value with its standard deviation between seeds, in full
/// precision.
std::string comparison_csv(const std::vector<RunOutcome>& runs);
/// A sentence for each run whose elbo or log p(x) lies more than three standard errors above the exact log
/// p(x): there an estimate or the program is wrong.
std::vector<std::string> bounds_above_exact(const std::vector<RunOutcome>& runs);

}  // namespace elbo::report
