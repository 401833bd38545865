#pragma once
#include <string>
#include <vector>

namespace elbo::worker {

/// Prints, as a JSON array, what each likelihood can say of one value: plugins::Traits, or {"error": sentence}.
/// `words`: FILE SETTINGS, FILE SETTINGS, ...; the settings as a JSON object.
int traits(const std::vector<std::string>& words);

}  // namespace elbo::worker
