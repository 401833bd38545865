// What evaluation.h5 beside the logs adds to a ranking: in which columns of a table variants differ, and how well they predict values that were
// hidden from them.
#pragma once
#include <string>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::host::report {

/// "b gains 0.17 nat of E_q log p(x|z) over a, of which 0.15 in fare; ..." of the first variant and each of the others whose runs say it on the same
/// measure; a few at most.
std::vector<std::string> column_notes(const Ranking& ranking);

/// How the variants predict hidden values: a sentence for all whose runs hid the same values, and one for those that hid others.
std::vector<std::string> hidden_value_notes(const Ranking& ranking);

}  // namespace elbo::host::report
