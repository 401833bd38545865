// The file that a request names, and how it is read beside the run's own data.
#pragma once
#include <nlohmann/json.hpp>

#include "data/new_data.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

/// "file" and "settings" of a request; what these do not say is as in the run's [dataset].
data::NewFile new_file_of(const nlohmann::ordered_json& request, const Run& run);

/// One line of a worker's answer.
void print_line(const nlohmann::ordered_json& line);

}  // namespace elbo::host::worker
