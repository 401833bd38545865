// What the checks of objectives share: one step on the linear-Gaussian model, and the properties that need its exact answers.
#pragma once
#include <limits>

#include "conformance/objective/linear_gaussian.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {

inline constexpr double after_all_warmup = std::numeric_limits<double>::infinity();
inline constexpr int64_t batch_rows = 5;

/// Of the pass of one step: how far its own estimates of the terms of the ELBO are off. Their means are 0.
struct Controls {
  Tensor reconstruction, kl;  // scalars; undefined without samples
};

/// What one step comes to.
struct Stepped {
  Tensor value;  // the weighted sum, with its graph
  ObjectiveValues values;
  Controls controls;
};

Controls controls_of(const Pass& pass, const LinearGaussian& model, const Sampling& sampling);
Stepped stepped(Objective& objective, const LinearGaussian& model, int64_t rows, double epoch, uint64_t seed);
/// Adds the gradients that a step of training follows.
void climb(const Stepped& s);

// exact_answers.cpp
void check_known_terms(const PluginChoice& choice);
void check_objective_gradient(const PluginChoice& choice);
void check_bound(const PluginChoice& choice);
void check_tested(const PluginChoice& choice);
void check_objective_options(const PluginChoice& choice);

}  // namespace elbo::host::conformance
