// The objective of each variant as a formula, with the plugins' names in it.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace elbo {

/// "E_mlp(z|x)[log bernoulli(x | mlp(z))]": a term's formula with p(x|z), q(z|x) and p(z) named after the run's plugins.
std::string with_names(std::string formula, const Run& run);

/// What one run maximises, term by term, how it is estimated and whether it is a bound; several lines.
std::string explained(const Run& run);

/// Of every variant of a plan once, whatever its seeds.
std::string explained(const Plan& plan);

}  // namespace elbo
