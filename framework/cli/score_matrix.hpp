// What `elbo score` prints: decoders by the likelihood they were trained under, columns by the one they are scored under.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace elbo::cli {

/// From the worker's answers, one object for each run and likelihood: a matrix for each measure with the mean and standard
/// deviation over seeds, then what was fitted, and what was refused. `width` as in report::format_table.
std::string score_matrix(const std::vector<nlohmann::ordered_json>& answers, size_t width);

}  // namespace elbo::cli
