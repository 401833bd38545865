// Variants that would be trained to the same result: found before anything is trained.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/split.hpp"
#include "plan/run.hpp"

namespace elbo {

/// All that decides the result of a run on data of these sizes, in one form where several come to the same: its identity, less
/// what is only logged, with sizes cut to what there is. Beyond the needs that options declare.
nlohmann::json effective_settings(const Run& run, const data::SplitSizes& sizes);

/// The same without the options of plugins, and with what the objective maximises for its name: for variants that these do not tell apart.
nlohmann::json settings_beside_options(const Run& run, const data::SplitSizes& sizes);

/// The settings in which two runs differ, names and seeds aside: "train.batch_size (600 and 700)".
std::vector<std::string> differences(const Run& a, const Run& b);

}  // namespace elbo
