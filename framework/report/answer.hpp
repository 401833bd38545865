// The answer of a ranking in one line, and how it was found.
#pragma once
#include <string>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::report {

/// "best: a (proved against 10 of 11 others at level 0.05, 3 seeds; still possible: b)"; never empty.
std::string answer(const Ranking& ranking);

/// "moderated(4)+holm": by which procedure the pairs are decided; empty where there are none.
std::string procedure(const Ranking& ranking);

/// The size of the seed noise, and what in seeds and test data a reader must know of.
std::vector<std::string> decision_notes(const Ranking& ranking);

}  // namespace elbo::report
