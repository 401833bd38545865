// Monte Carlo EM (Wei & Tanner 1990) as the baseline of Kingma & Welling (2014): each training datum has a chain of its own
// that Hamiltonian Monte Carlo moves towards p(z|x) whenever the datum is shown.
#pragma once
#include <elbo/module.hpp>
#include <elbo/prior.hpp>

namespace elbo {

/// The states are buffers: checkpoints hold them, so that a run resumes bit for bit.
class Chains : public Module {
 public:
  /// One chain a training datum, drawn from the prior.
  Chains(const Prior& prior, int64_t data, Rng rng);
  /// Present states of these data, [1, B, L].
  Tensor at(const Tensor& ids) const;
  void set(const Tensor& ids, const Tensor& z);
  /// The leapfrog step size of all chains, which follows their acceptance.
  double step() const;
  void set_step(double step);

 private:
  Tensor z_, step_;
};

}  // namespace elbo
