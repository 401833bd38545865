#include "evaluate/passes.hpp"

namespace elbo {
namespace {

constexpr int64_t chunk_values = 16 << 20;

template <class T>
void append_as(const Tensor& t, at::ScalarType type, std::vector<T>& to) {
  const Tensor values = t.detach().to(at::kCPU, type).contiguous();
  to.insert(to.end(), values.data_ptr<T>(), values.data_ptr<T>() + values.numel());
}

}  // namespace

void append(const Tensor& t, std::vector<double>& to) { append_as(t, at::kDouble, to); }
void append(const Tensor& t, std::vector<float>& to) { append_as(t, at::kFloat, to); }

int64_t samples_at_once(const Model& model, const Feed& feed, int64_t batch_size) {
  const int64_t values = std::max(numel(model.decoder->context().decoder_output), numel(feed.view().observation.shape));
  return std::max<int64_t>(1, chunk_values / (values * batch_size));
}

Tensor prior_draws(const Model& model, const Batch& batch, int64_t samples, const Rng& rng) {
  std::vector<Tensor> draws;
  for (int64_t b = 0; b < batch.size(); ++b) {
    Rng own = rng.fork("datum", static_cast<uint64_t>(batch.ids.data_ptr<int64_t>()[b])).like(batch.input);
    draws.push_back(model.prior->sample(samples, own).to(batch.input.scalar_type()));
  }
  return elbo::stack(draws, 1);
}

}  // namespace elbo
