// The host's own sections of a run as declared options with values, in the order of an experiment file.
#pragma once
#include <vector>

#include "experiment/applicability.hpp"
#include "plan/run.hpp"

namespace elbo {

/// With the run's values, and nothing said in a file.
std::vector<experiment::Section> sections_of(const Run& run);
/// Takes the values of sections_of() over into the run.
void set_sections(const std::vector<experiment::Section>& sections, Run& run);

}  // namespace elbo
