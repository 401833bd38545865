#include <elbo/objective_parts.hpp>

#include <ATen/core/grad_mode.h>

namespace elbo {
namespace {

constexpr double jitter = 0.2;

struct Point {
  Tensor log_f, gradient;  // [S, B], [S, B, L]
};

Point point_at(const LogDensity& log_f, const Tensor& z) {
  const at::AutoGradMode gradients(true);
  const Tensor leaf = z.detach().clone().requires_grad_(true);
  const Tensor value = log_f(leaf);
  value.sum().backward({}, false, false, {leaf});
  return {value.detach().to(at::kDouble), leaf.grad().detach()};
}

Tensor kinetic(const Tensor& momentum) { return 0.5 * momentum.to(at::kDouble).square().sum(2); }

}  // namespace

Move hmc_move(const LogDensity& log_f, const Tensor& z, const Tensor& step, int64_t leapfrog_steps, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  Rng noise = rng.like(z);
  Tensor momentum = noise.normal(z.sizes().vec());
  const Tensor u = noise.uniform({z.size(0), z.size(1)}).to(at::kDouble);
  // A trajectory of a fixed length may come back to where it began, so lengths differ by chance (Neal 2011, section 5.4.2.2).
  const Tensor length = 1 + jitter * (2 * noise.uniform({z.size(0), z.size(1)}) - 1);
  const Tensor eps = (step.to(z.scalar_type()) * length).unsqueeze(2);  // [S, B, 1]

  Point here = point_at(log_f, z);
  const Tensor before = here.log_f - kinetic(momentum);
  Tensor proposal = z;
  for (int64_t i = 0; i < leapfrog_steps; ++i) {
    momentum = momentum + 0.5 * eps * here.gradient;
    proposal = proposal + eps * momentum;
    here = point_at(log_f, proposal);
    momentum = momentum + 0.5 * eps * here.gradient;
  }
  const Tensor after = here.log_f - kinetic(momentum);
  const Tensor acceptance = (after - before).clamp_max(0).exp().nan_to_num(0, 0, 0);
  const Tensor accepted = (u < acceptance).unsqueeze(2);
  return {elbo::where(accepted, proposal, z), acceptance};
}

void must_fill_space(const Tensor& z) {
  if (z.size(2) > 1 && z.norm(2, {2}).sub(1).abs().max().item<double>() < 1e-3)
    throw UserError(
        "the latents lie on a sphere, which Hamiltonian Monte Carlo would leave; expected latents that fill their "
        "space; use bounds");
}

Tensor adapted(const Tensor& step, const Move& move, double target, double gain) {
  constexpr double smallest = 1e-6, largest = 1e3;
  return (step * (gain * (move.acceptance.mean(0) - target)).exp()).clamp(smallest, largest);
}

}  // namespace elbo
