// Whether a likelihood has a term of its own for an end of the values: for zeros, or for the lowest or highest level.
#pragma once
#include "conformance/likelihood.hpp"

namespace elbo::conformance {

enum class End { lowest, highest };

/// Whether the law of one value can put half of its mass at this end and the other half into a bump elsewhere: the
/// likelihood is fitted to such masses, which one bump, however wide or skewed, cannot match. Of levels, of densities by the
/// masses of 32 intervals, and of counts, which have no highest. True where it cannot be asked.
bool has_own_mass(const LikelihoodSubject& subject, End end);

}  // namespace elbo::conformance
