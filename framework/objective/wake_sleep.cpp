#include "objective/wake_sleep.hpp"

#include <ATen/core/grad_mode.h>

namespace elbo {

Tensor wake(const Forward& pass) { return (pass.reconstruction + pass.log_prior).mean(0); }

Tensor sleep(const Model& model, const Feed& feed, const Forward& pass, Rng& rng) {
  Tensor z, x;
  {
    const at::NoGradGuard awake_parts_rest;
    const Tensor like = pass.z.detach();
    Rng prior = rng.fork("prior").like(like), likelihood = rng.fork("likelihood").like(like);
    z = model.prior->sample(like.size(1), prior).to(like.scalar_type()).unsqueeze(0);
    x = feed.input_of(model.likelihood->sample(decode(model, z), likelihood).squeeze(0).to(like.scalar_type()));
  }
  if (const auto log_q = model.encoder->encode(x)->log_prob(z)) return log_q->squeeze(0);
  throw Error(model.encoder->label() + ": log q(z|x) cannot be taken at a given z; wake_sleep expected a posterior that can; "
              "choose another posterior or bound = \"elbo\"");
}

}  // namespace elbo
