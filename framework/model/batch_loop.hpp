// What the passes over the data of a part share.
#pragma once
#include <algorithm>
#include <vector>

#include "batches/batch_source.hpp"
#include "model/model.hpp"

namespace elbo::host {

/// Appends the values of t, row-major.
void append(const Tensor& t, std::vector<double>& to);
void append(const Tensor& t, std::vector<float>& to);

/// f(batch) for the first `count` data of a part.
template <class F>
void for_each_batch(const BatchSource& source, Part part, int64_t count, int64_t batch_size, const Rng& rng, F&& f) {
  for (int64_t first = 0; first < count; first += batch_size)
    f(source.batch(part, first, std::min(batch_size, count - first), rng));
}

/// How many samples of a batch may be decoded at once, so that the decoder's output stays below 64 MiB of
/// float32, and below what this machine has for each of its cores. The same on the same machine, whatever else runs there.
int64_t samples_at_once(const Model& model, const BatchSource& source, int64_t batch_size);

/// Draws of the prior [S, B, L] for these data, each from a generator of its own, so that the others in the batch change nothing.
Tensor prior_draws(const Model& model, const Batch& batch, int64_t samples, const Rng& rng);

}  // namespace elbo::host
