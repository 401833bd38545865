// The terms of the ELBO on data that a model was not trained on, always with the weights of the ELBO.
#pragma once
#include <vector>

#include "model/bounds.hpp"

namespace elbo::host {

/// Means over the data of one part.
struct PassResult {
  double objective = 0, elbo = 0, reconstruction = 0, kl = 0;   // elbo and kl are NaN for an autoencoder
  std::vector<double> kl_per_dim;                               // empty without a closed form
  std::vector<double> elbo_each, reconstruction_each, kl_each;  // one a datum
};

/// One pass over a part without training, with as many samples as the model's objective takes. Noise is a function of rng and the datum, so the batch size does not matter.
PassResult test_pass(Model& model, const BatchSource& source, Part part, int64_t batch_size, const Rng& rng);

}  // namespace elbo::host
