// Sound up to what do_log_prob of a derived class says of the integer levels 0 .. n.
#pragma once
#include <elbo/sdk.hpp>

namespace planted {
using elbo::Tensor, elbo::Theta;

class Levels : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Levels(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), levels_(context.observation.levels > 1 ? context.observation.levels : 256) {}

 protected:
  elbo::Support do_support() const override { return elbo::Support::levels; }

  /// log P(k) of every level, [S, B, X..., levels]
  virtual Tensor log_pmf(const Theta& theta) const = 0;

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x < levels_).logical_and(x == x.floor());
    const Tensor log_p = log_pmf(theta), k = x.masked_fill(valid.logical_not(), 0).toType(at::kLong);
    elbo::Shape index = log_p.sizes().vec();
    index.back() = 1;
    const Tensor chosen = log_p.gather(-1, k.unsqueeze(0).unsqueeze(-1).expand(index)).squeeze(-1);
    return elbo::minus_inf_outside(valid, elbo::sum_event(chosen));
  }
  Tensor pmf(const Theta& theta) const { return log_pmf(theta).softmax(-1); }
  Tensor do_mean(const Theta& theta) const override {
    return (pmf(theta) * elbo::arange(levels_, theta.flat())).sum(-1);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return elbo::categorical_draw(pmf(theta).movedim(-1, 2), rng).toType(theta.flat().scalar_type());
  }

  elbo::Shape shape_;
  int64_t levels_;
};

}  // namespace planted
