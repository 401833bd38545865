// The wake-sleep algorithm (Hinton et al. 1995), the baseline of Kingma & Welling (2014): two objectives, no bound.
#pragma once
#include "objective/forward.hpp"

namespace elbo {

/// E_q(z|x) log p(x, z), [B]: what decoder and prior climb while awake.
Tensor wake(const Forward& pass);

/// log q(z|x) of as many dreams z ~ p(z), x ~ p(x|z) as the pass has data, [B]: what the encoder climbs while asleep.
/// Throws Error where the posterior cannot be evaluated at a given z.
Tensor sleep(const Model& model, const Feed& feed, const Forward& pass, Rng& rng);

}  // namespace elbo
