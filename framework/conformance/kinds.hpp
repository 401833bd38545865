// What is checked of each kind, in the order of the report: the plain properties first.
#pragma once
#include <vector>

#include "conformance/property.hpp"
#include "plugins/choice.hpp"

namespace elbo::conformance {

std::vector<Property> likelihood_properties(const PluginChoice& choice);
std::vector<Property> prior_properties(const PluginChoice& choice);
std::vector<Property> encoder_properties(const PluginChoice& choice);
std::vector<Property> decoder_properties(const PluginChoice& choice);
std::vector<Property> objective_properties(const PluginChoice& choice);

}  // namespace elbo::conformance
