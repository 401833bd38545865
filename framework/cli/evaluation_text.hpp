// What `elbo evaluate` prints: a table for each metric and measure, a row for each run.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace elbo::cli {

/// From the worker's answers, one object a run. Numbers of different measures never share a table. `width` as in
/// report::format_table.
std::string evaluation_text(const std::vector<nlohmann::ordered_json>& answers, size_t width);

}  // namespace elbo::cli
