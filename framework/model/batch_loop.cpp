#include "model/batch_loop.hpp"

#include <unistd.h>

#include "base/memory.hpp"

namespace elbo::host {
namespace {

constexpr double bytes_of_value =
    64;  // of the decoder's output: parameters, their masses in float64, and what is made on the way

/// Values of the decoder's output at once: they may take a quarter of a core's share of the memory. Larger chunks than
/// the upper bound are no faster.
int64_t chunk_values() {
  const double share = process_memory() / static_cast<double>(std::max(1L, sysconf(_SC_NPROCESSORS_CONF))) / 4;
  return std::clamp(static_cast<int64_t>(share / bytes_of_value), int64_t{1} << 18, int64_t{16} << 20);
}

template <class T>
void append_as(const Tensor& t, at::ScalarType type, std::vector<T>& to) {
  const Tensor values = t.detach().to(at::kCPU, type).contiguous();
  to.insert(to.end(), values.data_ptr<T>(), values.data_ptr<T>() + values.numel());
}

}  // namespace

void append(const Tensor& t, std::vector<double>& to) { append_as(t, at::kDouble, to); }
void append(const Tensor& t, std::vector<float>& to) { append_as(t, at::kFloat, to); }

int64_t samples_at_once(const Model& model, const BatchSource& source, int64_t batch_size) {
  const int64_t values =
      std::max(numel(model.decoder->context().decoder_output), numel(source.observation_model().observation.shape));
  return std::max<int64_t>(1, chunk_values() / (values * batch_size));
}

Tensor prior_draws(const Model& model, const Batch& batch, int64_t samples, const Rng& rng) {
  const Tensor ids = batch.ids.to(at::kCPU);
  std::vector<Tensor> draws;
  for (int64_t b = 0; b < batch.size(); ++b) {
    Rng own = rng.fork("datum", static_cast<uint64_t>(ids.data_ptr<int64_t>()[b])).like(batch.input);
    draws.push_back(model.prior->sample(samples, own).to(batch.input.scalar_type()));
  }
  return elbo::stack(draws, 1);
}

}  // namespace elbo::host
