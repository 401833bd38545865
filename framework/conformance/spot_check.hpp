// The quick part of the kit, with which every run begins: whether the densities of a plugin sum to 1.
#pragma once
#include <string>

#include <elbo/observation.hpp>

#include "conformance/likelihood/likelihood.hpp"
#include "plugins/choice.hpp"

namespace elbo::host::conformance {

struct RunSize {
  Shape x;  // of a data point
  int64_t latent_dim = 1;
};

/// The part that is made at the size of a run: a plugin may be right in a few dimensions and wrong in many.
/// Each throws Failure where the plugin makes bounds larger than they are, and Skip where that cannot be told.
void check_likelihood_at(const RunSize& size, const LikelihoodSubject& subject);
void check_prior_at(const RunSize& size, const PluginChoice& choice);
void check_encoder_at(const RunSize& size, const PluginChoice& choice);

/// Fails where the closed form of the KL of the prior, if there is one, is not that of its density, in so many dimensions.
void check_closed_form_kl(const PluginChoice& choice, int64_t latent_dim);

struct SpotCheck {
  std::string outcome;  // "yes", "no" or "not checked"; empty for a kind without a density
  std::string finding;  // the smallest case in which it does not hold, or why it was not checked
};

/// Whether plugins of this kind have densities, which must sum to 1.
bool has_density(const std::string& kind);

/// Of a likelihood that its probabilities, its density and its interval masses sum to 1, in float32 too, and that those of several values add up; of a prior
/// that its density integrates to 1 and that a KL in closed form is the KL; of an encoder that its posterior has one density and that its samples
/// follow it. Made with the settings
/// of the choice, at a few parameters, in few dimensions and at the size of the run; a likelihood that contains others with the first of its parts.
SpotCheck spot_check(const PluginChoice& choice, const RunSize& size);

/// The same with each flag and each choice of a word in turn, and with all flags at once, as other runs would begin. Throws Failure where
/// one of them does not hold; what the plugin refuses is left out.
void check_densities_of_each_choice(const PluginChoice& choice, const RunSize& size);

}  // namespace elbo::host::conformance
