// Whether what a trained model says of a data point is about that data point alone, and whether its posterior is the one that it declares: looked at
// once a run has been evaluated, on its own test data and in the sizes that the evaluation had, where a check of the plugin by itself does
// not reach.
#pragma once
#include <string>

#include "model/model.hpp"

namespace elbo::host {

/// A sentence that names the plugin; empty where nothing is wrong. Looks at one batch of the test data.
///  - log p(x|z), log p(z), z and log q(z|x) of a few data and samples by themselves are those that they have among the others;
///  - log q(z|x) that comes with a sample is that of the posterior at this z;
///  - the mean over samples of log q(z|x) - log p(z) is the KL divergence that has a closed form (six standard errors over the data).
std::string inconsistency_of(Model& model, const BatchSource& source, int64_t batch_size, int64_t samples,
                             const Rng& rng);

}  // namespace elbo::host
