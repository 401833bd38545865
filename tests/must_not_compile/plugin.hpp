// A prior with nothing wrong; each source here takes one thing from it.
#pragma once
#include <elbo/model.hpp>
#include <elbo/plugin.hpp>

/// The functions that a prior must have.
class WholePrior : public elbo::Prior {
  elbo::Tensor do_log_prob(const elbo::Tensor& z) const override { return z; }
  elbo::Tensor do_sample(int64_t, elbo::Rng&) const override { return {}; }
};
