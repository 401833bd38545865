// Whether an estimate can be taken for log p(x), or is only a lower bound that may lie far below it.
#pragma once
#include <map>
#include <string>

#include "report/variant_row.hpp"

namespace elbo::report {

/// Below so many importance samples there is no Pareto k-hat (Vehtari et al. 2024).
inline constexpr double fewest_trusted_samples = 25;

/// Of the summary of one run: why its log p(x) is only a lower bound; empty where it can be taken for log p(x).
std::string why_only_a_bound(const std::map<std::string, double>& summary);
/// The first reason among its runs.
std::string why_only_a_bound(const VariantRow& row);

/// Whether evaluate.evidence = "ladder" estimated its log p(x).
bool is_of_ladder(const VariantRow& row);
/// "log p(x) trustworthy on 99.6 % of test data; sandwich 0.003 nat; ...": the worst of the runs of these rows that a ladder estimated;
/// empty where there are none.
std::string certificate(const std::vector<VariantRow>& rows);

/// "log p(x)" where all of these rows that have an estimate can be trusted, else "bound on log p(x)".
std::string name_of_log_px(const std::vector<VariantRow>& rows);

}  // namespace elbo::report
