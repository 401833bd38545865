// The prior of the parameters, which train.parameter_prior adds to any objective: the MAP estimate instead of that of maximum likelihood.
#pragma once
#include <elbo/objective_term.hpp>

#include "experiment/settings.hpp"

namespace elbo::host {

inline bool has_parameter_prior(const TrainConfig& config) { return config.parameter_prior != "none"; }
inline ObjectiveTerm parameter_prior_term() { return {"parameter_log_prior", 1, "(1/N) log N(theta; 0, I)"}; }

}  // namespace elbo::host
