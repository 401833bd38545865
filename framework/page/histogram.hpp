#pragma once
#include <nlohmann/json.hpp>

#include "report/comparison.hpp"

namespace elbo::host::page {

/// For each pair of a ranking, how often which difference of one test datum occurs:
/// {"a", "b", "value", "low", "step", "counts", "below", "above"}; the bins hold the inner 99 %.
nlohmann::ordered_json histograms_json(const report::Ranking& ranking);

}  // namespace elbo::host::page
