// What an objective is a sum of, known before anything runs: for `elbo explain`, the log's columns and the training step.
#pragma once
#include <string>
#include <vector>

#include "experiment/objective_config.hpp"

namespace elbo {

/// One named term, in nats per datum.
struct ObjectiveTerm {
  std::string name;     // "kl"
  double weight;        // in this epoch, with its sign
  std::string formula;  // "KL(q(z|x) || p(z))"
};

/// The terms whose weighted sum is maximised in this epoch (from 0; fractions are steps).
std::vector<ObjectiveTerm> objective_terms(const ObjectiveConfig& config, double epoch);

/// beta in this epoch: rises linearly to config.beta over warmup_epochs, or in cycles (Fu et al. 2019).
double beta_at(const ObjectiveConfig& config, double epoch);

/// The KL in nats that `capacity` aims at in this epoch (Burgess et al. 2018).
double capacity_at(const ObjectiveConfig& config, double epoch);

/// Latent samples drawn for each datum in a training step.
int64_t draws(const ObjectiveConfig& config);

/// Whether what is maximised lies below log p(x) in expectation, in the epochs after all warm-up.
bool is_bound(const ObjectiveConfig& config);

/// Settings that contradict each other, one sentence each: "objective.gradient is ...; expected ...".
std::vector<std::string> contradictions(const ObjectiveConfig& config);

}  // namespace elbo
