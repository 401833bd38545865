// What made each data point, where the files say it: factors, against which latent dimensions are held.
#pragma once
#include "data/dataset.hpp"

namespace elbo::host::data {

/// The role of what dataset.factors has in that place.
inline std::string factor_role(size_t place) { return "factor" + std::to_string(place); }

/// Whether each data point comes with what made it: of a generator or by dataset.factors.
bool has_factors(const Description& description);

/// Values 0, 1, ... of each factor, in the order of its values, of the rows that the parts use. Those that are the same for all training
/// data are left out with a note. Throws SettingFault: no such columns or dataset, other rows than the data, a row without a value, or
/// nothing left.
void set_factors(const Description& description, const DataConfig& config, Dataset& dataset);

}  // namespace elbo::host::data
