// What the columns of a table are, so that a log can be read without the table.
#pragma once
#include <nlohmann/json.hpp>

#include "observation/observation_model.hpp"

namespace elbo::host::observation {

/// One entry a column: its name and, where the file says it, its kind, unit, origin and the names of its codes; what was taken from a
/// stored value, and by what it was divided, before the likelihood and before the encoder saw it. Empty where the data are no table.
nlohmann::ordered_json table_columns(const data::Dataset& dataset, const ObservationModel& observed);

}  // namespace elbo::host::observation
