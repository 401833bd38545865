#include "evaluate/reconstruction.hpp"

#include <ATen/core/grad_mode.h>

#include "model/batch_loop.hpp"

namespace elbo {
namespace {

/// Mean over the values of each datum, [B].
Tensor each(const Tensor& t) { return t.to(at::kDouble).flatten(1).mean(1); }

}  // namespace

ReconstructionError reconstruction_error(Model& model, const BatchSource& source, int64_t count, int64_t batch_size,
                                         double low, double high, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  ReconstructionError result;
  for_each_batch(source, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    const auto q = model.encoder->encode(batch.input);
    const auto error = [&](const Tensor& z) {
      return (model.likelihood->mean(decode(model, z)).squeeze(0) - batch.x) / (high - low);
    };
    const Tensor at_mean = error(q->mean().unsqueeze(0));
    append(each(at_mean.square()), result.squared);
    append(each(at_mean.abs()), result.absolute);
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    append(each(error(q->draw(1, noise).z).square()), result.squared_of_draw);
  });
  model.set_training(true);
  return result;
}

}  // namespace elbo
