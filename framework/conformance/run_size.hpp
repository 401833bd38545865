// The part of the quick check that is made at the size of a run: a plugin may be right in a few dimensions and wrong in many.
#pragma once
#include <elbo/observation.hpp>

#include "conformance/likelihood.hpp"
#include "plugins/choice.hpp"

namespace elbo::conformance {

struct RunSize {
  Shape x;  // of a data point
  int64_t latent_dim = 1;
};

/// Each throws Failure where the plugin makes bounds larger than they are, and Skip where that cannot be told.
void check_likelihood_at(const RunSize& size, const LikelihoodSubject& subject);
void check_prior_at(const RunSize& size, const PluginChoice& choice);
void check_encoder_at(const RunSize& size, const PluginChoice& choice);

/// Fails where the closed form of the KL of the prior, if there is one, is not that of its density, in so many dimensions.
void check_closed_form_kl(const PluginChoice& choice, int64_t latent_dim);

}  // namespace elbo::conformance
