// Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011) on many data and chains at once.
#pragma once
#include <functional>

#include <elbo/rng.hpp>

namespace elbo {

/// log f(z), z [S, B, L] -> [S, B], up to a constant; differentiable in z.
using LogDensity = std::function<Tensor(const Tensor& z)>;

struct Move {
  Tensor z;           // [S, B, L], the next states
  Tensor acceptance;  // [S, B], the probability with which the proposal was accepted
};

/// One transition of every chain, which leaves f invariant and is reversible: momenta from N(0, I), `leapfrog_steps` of
/// size `step` [B] less or more a fifth, then Metropolis. A proposal whose density is not finite is rejected. All noise comes from rng.
ELBO_EXPORT Move hmc_move(const LogDensity& log_f, const Tensor& z, const Tensor& step, int64_t leapfrog_steps,
                          const Rng& rng);

/// Throws UserError where z [S, B, L] lie on the unit sphere, as those of a von Mises-Fisher law: HMC would leave it.
ELBO_EXPORT void must_fill_space(const Tensor& z);

/// The step sizes [B] that bring the acceptance nearer to `target`; each datum's follow its own chains alone, so that no
/// result depends on how the data are batched. `gain` is the change of log step for each unit of acceptance that is off.
ELBO_EXPORT Tensor adapted(const Tensor& step, const Move& move, double target, double gain = 0.1);

}  // namespace elbo
