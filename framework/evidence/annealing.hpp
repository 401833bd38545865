// Annealed importance sampling from a proposal that was fitted to the posterior, with Hamiltonian moves in its metric.
#pragma once
#include <vector>

#include "evidence/ais.hpp"
#include "evidence/latent_density.hpp"
#include "evidence/weights.hpp"

namespace elbo::host {

/// The path from a proposal to p(x, y) of one data point, in the coordinates in which the proposal's first part is round.
class RefinedPath {
 public:
  /// `noise` is that of the data point. Keeps a reference to f.
  RefinedPath(const LatentDensity& f, int64_t datum, StudentT proposal, const Rng& noise);
  RefinedPath(const RefinedPath&) = delete;
  RefinedPath& operator=(const RefinedPath&) = delete;

  /// Step sizes, one a temperature, that a few chains of their own find.
  std::vector<Tensor> pilot(int64_t temperatures) const;
  std::vector<double> forward(const std::vector<Tensor>& steps, int64_t chains) const;
  /// log weight of the chain that begins at y [M], an exact sample of p(y|x), and goes back to the proposal.
  double reverse(const Tensor& y, const std::vector<Tensor>& steps, const Rng& rng) const;

 private:
  const LatentDensity& f_;
  int64_t datum_;
  StudentT proposal_;
  Rng noise_;
  AisPath path_;
};

struct AnnealedWeights {
  WeightSummary summary;
  std::vector<double> log_weights;
  std::vector<Tensor> steps;
  bool accepted = false;
};

/// With 4, 8, 16, ... temperatures, until this many in a row have enough effective chains, a k-hat below the limit and the same mean
/// within two standard errors; or else those of the most temperatures.
AnnealedWeights anneal(const RefinedPath& path, int64_t chains, int64_t most_temperatures, int64_t in_a_row);

}  // namespace elbo::host
