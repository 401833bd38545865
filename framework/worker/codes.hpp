// Latent codes to look at, and what the decoder makes of them.
#pragma once
#include <vector>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::worker {

/// Codes [n, L] moved to where the prior has any: along their rays to the unit sphere, where it lies on that.
Tensor where_codes_are(const Model& model, const Tensor& z);

/// The likelihood's mean at codes [n, L] -> [n, X...].
Tensor decoded_mean(const Model& model, const Tensor& z);

/// Latent dimensions, the one first whose mean varies most over the first test data.
std::vector<int64_t> most_active(Model& model, const BatchSource& source);

/// [dimensions x steps, L]: `start` [1, L] with one dimension after the other taken from -reach to reach.
Tensor traversal_codes(const Tensor& start, const std::vector<int64_t>& dimensions, int64_t steps, double reach);

/// [rows x columns, 2] at even steps of the distribution function of N(0, 1) in each dimension, the second one falling
/// (Kingma & Welling 2014, figure 4).
Tensor manifold_codes(int64_t rows, int64_t columns);

/// [pairs x steps, L] from each of `from` [pairs, L] to its partner in `to`: straight, or along an arc whose length goes
/// evenly from the one's to the other's (spherical, White 2016).
Tensor interpolation_codes(const Tensor& from, const Tensor& to, int64_t steps, bool spherical);

}  // namespace elbo::worker
