#include "model/test_pass.hpp"

#include <ATen/core/grad_mode.h>

#include <limits>

#include "metrics/statistics.hpp"
#include "model/batch_loop.hpp"

namespace elbo::host {

PassResult test_pass(Model& model, const BatchSource& source, Part part, int64_t batch_size, const Rng& rng) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const Sampling sampling = model.objective->sampling();
  const bool samples = has_posterior(model);
  PassResult result;
  std::vector<double> objectives;
  Tensor kl_sums;
  for_each_batch(source, part, source.size(part), batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    const Pass pass = forward(model, batch, source.observation_model().scoring(), sampling.samples, noise,
                              samples ? Latent::sample : Latent::mean);
    const Terms t = terms_of(pass);
    append(model.objective->tested(pass), objectives);
    append(t.reconstruction, result.reconstruction_each);
    if (t.elbo.defined()) append(t.elbo, result.elbo_each);
    if (t.kl.defined()) append(t.kl, result.kl_each);
    if (t.kl_per_dim.defined()) {
      const Tensor sums = t.kl_per_dim.to(at::kDouble).sum(0);
      kl_sums = kl_sums.defined() ? kl_sums + sums : sums;
    }
  });
  model.set_training(true);
  result.objective = mean_of(objectives);
  result.reconstruction = mean_of(result.reconstruction_each);
  result.elbo = samples ? mean_of(result.elbo_each) : nan;
  result.kl = samples ? mean_of(result.kl_each) : nan;
  if (kl_sums.defined()) append(kl_sums / static_cast<double>(source.size(part)), result.kl_per_dim);
  return result;
}

}  // namespace elbo::host
