// Fits a normal distribution to the posterior of a data point by regressing the score on the displacement.
//
// For q = N(m, C C'), Stein's identity makes E_q[grad^2 f] the slope of the regression of grad f(y) on y - m, so that gradients are
// enough, and kinks of f are averaged over the posterior's width. The fixed point E_q[grad f] = 0, precision = -E_q[grad^2 f] is the
// best normal distribution by the ELBO (Opper & Archambeau 2009). Where f is quadratic, one step finds it.
#pragma once
#include <vector>

#include "evidence/latent_density.hpp"
#include "evidence/weights.hpp"

namespace elbo::host {

struct RefineSettings {
  int64_t most_iterations = 16;
  double small_step = 1;  // two steps in a row below it end the iteration; in standard deviations, over all directions
  int64_t pairs =
      0;  // of opposite samples in an iteration; 0 is one and a half times the number of dimensions, and at least 16
  // Each safeguard can be left out, to show that it is needed.
  bool damping = true;      // when steps do not shrink
  bool line_search = true;  // when a step is long; without it, a long step is cut to a fixed length
};

struct Fit {
  Location at;
  bool converged = false;
  int64_t iterations = 0;
  /// Weights of the last iteration's samples under the normal distribution that they came from, one a pair of opposite samples.
  WeightSummary weights;
  double spread = 0;  // standard deviation of their logarithms, of all samples
  Location sampled;   // that normal distribution
};

/// From `starts`, one for each of these data points of f. The noise is a function of rng and the data point alone.
std::vector<Fit> refine(const LatentDensity& f, const std::vector<int64_t>& data, const std::vector<Location>& starts,
                        const RefineSettings& settings, const Rng& rng);

}  // namespace elbo::host
