// Variants whose latents, or some of them, carry nothing of the data.
#pragma once
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// Whether a finished run's latents carry nothing of the data, where its bound has latents.
bool has_collapsed(const RunOutcome& run);

/// What stands beside the name: "collapsed", "collapsed in 1 of 3 seeds", "no gain from latents", "31 of 50 latents active";
/// empty where all carry something.
std::string latents_mark(const VariantRow& row);

/// One sentence for each variant that has collapsed, with what may help.
std::vector<std::string> collapse_notes(const std::vector<VariantRow>& rows);

}  // namespace elbo::report
