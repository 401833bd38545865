// The modes of the posterior of a data point, found by refinement from several starts.
#pragma once
#include <vector>

#include "evidence/refine.hpp"

namespace elbo::host {

struct Mode {
  Location at;
  double log_evidence = 0;  // from a few samples, where there is more than one mode
};

/// For each of these data points: `known`, a fit from one start, and the fits from the best samples of the prior that are not the same.
std::vector<std::vector<Mode>> find_modes(const LatentDensity& f, const std::vector<int64_t>& data,
                                          const std::vector<Location>& known, const RefineSettings& settings,
                                          const Rng& rng);

/// Shares by evidence, and at least a twentieth each.
StudentT mixture_of(const std::vector<Mode>& modes);

/// How many hold a thousandth of the evidence.
int64_t count_modes(const std::vector<Mode>& modes);

/// The same for every data point of f, from the encoder's posterior on.
std::vector<int64_t> count_modes(const LatentDensity& f, const RefineSettings& settings, const Rng& rng);

}  // namespace elbo::host
