// What was measured of finished runs, as `elbo evaluate` and `elbo show` print it: a table for each metric and measure, a row for each run.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace elbo::report {

/// From one object a run: {variant, seed, metrics: as log::to_json() has them, refused: [{metric, why}]}. Numbers of different measures never share a table. `width` as
/// in format_table.
std::string evaluation_text(const std::vector<nlohmann::ordered_json>& answers, size_t width);

}  // namespace elbo::report
