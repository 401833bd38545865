#include "objective/chains.hpp"

#include <ATen/core/grad_mode.h>

namespace elbo {
namespace {

constexpr double first_step = 0.1;

Tensor drawn(const Prior& prior, int64_t data, Rng& rng) {
  const at::NoGradGuard no_gradients;
  return prior.sample(data, rng).to(at::kFloat).clone();
}

}  // namespace

Chains::Chains(const Prior& prior, int64_t data, Rng rng) : z_(buffer("z", drawn(prior, data, rng))), step_(buffer("step", full({1}, first_step))) {}

Tensor Chains::at(const Tensor& ids) const { return z_.index_select(0, ids).unsqueeze(0); }

void Chains::set(const Tensor& ids, const Tensor& z) {
  const at::NoGradGuard no_gradients;
  z_.index_copy_(0, ids, z.detach().squeeze(0).to(z_.scalar_type()));
}

double Chains::step() const { return step_.item<double>(); }

void Chains::set_step(double step) { step_.fill_(step); }

}  // namespace elbo
