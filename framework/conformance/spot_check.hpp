// The quick part of the kit, with which every run begins: whether the densities of a plugin sum to 1.
#pragma once
#include <string>

#include "conformance/run_size.hpp"
#include "plugins/choice.hpp"

namespace elbo::conformance {

struct SpotCheck {
  std::string outcome;  // "yes", "no" or "not checked"; empty for a kind without a density
  std::string finding;  // the smallest case in which it does not hold, or why it was not checked
};

/// Whether plugins of this kind have densities, which must sum to 1.
bool has_density(const std::string& kind);

/// Of a likelihood that its probabilities, its density and its interval masses sum to 1, in float32 too, and that those of several values add up; of a prior
/// that its density integrates to 1 and that a KL in closed form is the KL; of an encoder that its posterior has one density and that its draws
/// follow it. Made with the settings
/// of the choice, at a few parameters, in few dimensions and at the size of the run; a likelihood that contains others with the first of its parts.
SpotCheck spot_check(const PluginChoice& choice, const RunSize& size);

}  // namespace elbo::conformance
