// What a reader must know before a ranking is believed, one sentence each.
#pragma once
#include <string>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::report {

/// Of a ranking whose rows are sorted and paired.
std::vector<std::string> notes_on(const Ranking& ranking);

}  // namespace elbo::report
