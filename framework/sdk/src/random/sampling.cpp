#include <elbo/random.hpp>

#include <ATen/ops/searchsorted.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

// Rejection in rounds, on a copy of the generator; then the generator itself passes as many calls as the most rounds
// would use. `round` proposes values and says which are accepted. The last proposal stands after the last round,
// which happens with a probability below 1e-20.
template <class Round>
Tensor reject(const Shape& shape, Rng& rng, int64_t rounds, int64_t calls_a_round, Round&& round) {
  Rng local = rng;
  auto [value, done] = round(local);
  for (int64_t i = 1; i < rounds && !done.all().template item<bool>(); ++i) {
    const auto [again, accepted] = round(local);
    value = at::where(done, value, again);
    done = done.logical_or(accepted);
  }
  for (int64_t i = 0; i < rounds * calls_a_round; ++i) rng.uniform({0, shape[1]});
  return value;
}

struct Proposal {
  Tensor value, accepted;
};

// For shape >= 1 the cube of a normal variate is accepted 95 times in 100 or more.
Tensor log_gamma_above_one(const Tensor& shape, Rng& rng) {
  const Tensor d = shape - 1. / 3, c = (d * 9).rsqrt();
  return reject(shape.sizes().vec(), rng, 24, 2, [&](Rng& local) -> Proposal {
    const Tensor x = local.normal(shape.sizes().vec()).to(shape.dtype()),
                 u = local.uniform(shape.sizes().vec()).to(shape.dtype());
    const Tensor root = c * x + 1, cube = root.clamp_min(1e-30).pow(3).log();
    const Tensor bound = x.square() / 2 + d * (1 - cube.exp() + cube);
    return {d.log() + cube, (root > 0).logical_and(u.log() < bound)};
  });
}

// Counts the steps of the distribution function below u; every count above 60 has a probability below 1e-20.
Tensor poisson_by_inversion(const Tensor& rate, const Tensor& u) {
  Tensor mass = rate.neg().exp(), below = mass.clone(), count = at::zeros_like(rate);
  for (int k = 1; k <= 60; ++k) {
    count = count + (u > below);
    mass = mass * rate / k;
    below = below + mass;
  }
  return count;
}

// PTRS of Hoermann (1993), for rates of 10 and more; accepts 7 in 10 or more.
Tensor poisson_by_rejection(const Tensor& rate, Rng& rng) {
  const Tensor b = rate.sqrt() * 2.53 + 0.931, a = b * 0.02483 - 0.059;
  const Tensor log_inverse = (1.1239 + 1.1328 / (b - 3.4)).log(), log_rate = rate.log();
  return reject(rate.sizes().vec(), rng, 64, 2, [&](Rng& local) -> Proposal {
    const Tensor u = local.uniform(rate.sizes().vec()).to(rate.dtype()) - 0.5,
                 v = local.uniform(rate.sizes().vec()).to(rate.dtype());
    const Tensor inner = 0.5 - u.abs(), k = ((2 * a / inner + b) * u + rate + 0.43).floor();
    const Tensor likely =
        v.log() + log_inverse - (a / inner.square() + b).log() <= log_poisson(k.clamp_min(0), log_rate);
    return {k, likely.logical_and(k >= 0)};
  });
}

}  // namespace

// Below 1: Gamma(shape) = Gamma(shape + 1) u^(1 / shape), in logs because it underflows.
Tensor log_gamma_draw(const Tensor& shape, Rng& rng) {
  const Tensor s = shape.detach().to(at::kDouble), small = s < 1;
  const Tensor boost = rng.uniform(s.sizes().vec()).to(at::kDouble).log() / s;
  const Tensor above = log_gamma_above_one(at::where(small, s + 1, s), rng);
  return at::where(small, above + boost, above).to(shape.dtype());
}

Tensor gamma_draw(const Tensor& shape, Rng& rng) { return log_gamma_draw(shape, rng).exp(); }

Tensor open_unit(const Tensor& x) {
  return x.scalar_type() == at::kDouble ? x.clamp(0x1p-1022, 1 - 0x1p-53) : x.clamp(0x1p-126, 1 - 0x1p-24);
}

Tensor poisson_draw(const Tensor& rate_in, Rng& rng) {
  const Tensor rate = rate_in.detach().to(at::kDouble);
  const Tensor few = poisson_by_inversion(rate.clamp_max(10), rng.uniform(rate.sizes().vec()).to(at::kDouble));
  const Tensor many = poisson_by_rejection(rate.clamp_min(10), rng);
  return at::where(rate < 10, few, many).to(rate_in.dtype());
}

Tensor binomial_draw(int64_t n, const Tensor& logit, Rng& rng) {
  const Tensor l = logit.detach().to(at::kDouble), u = rng.uniform(l.sizes().vec()).to(at::kDouble);
  const Tensor log_p = elbo::log_sigmoid(l), log_q = elbo::log_sigmoid(-l),
               choose = log_choose(static_cast<double>(n), arange(n + 1, l));
  Tensor below = at::zeros_like(l), count = at::zeros_like(l);
  for (int64_t k = 0; k < n; ++k) {
    const auto d = static_cast<double>(k), rest = static_cast<double>(n - k);
    below = below + (log_p * d + log_q * rest + choose[k]).exp();
    count = count + (u > below);
  }
  return count.to(logit.dtype());
}

Tensor categorical_draw(const Tensor& weights, Rng& rng) {
  const Tensor w = weights.detach().to(at::kDouble), cumulative = w.cumsum(2);
  const int64_t last = w.size(2) - 1;
  Shape shape = w.sizes().vec();
  shape.erase(shape.begin() + 2);
  const Tensor u = rng.uniform(shape).to(at::kDouble) * cumulative.select(2, last);
  return (cumulative < u.unsqueeze(2)).sum(2).clamp_max(last);
}

Tensor multinomial_draw(int64_t n, const Tensor& weights, Rng& rng) {
  const Tensor cumulative = weights.detach().to(at::kDouble).cumsum(2).contiguous();
  const int64_t last = weights.size(2) - 1;
  const Tensor u = rng.uniform({weights.size(0), weights.size(1), n}).to(at::kDouble) * cumulative.slice(2, last);
  const Tensor index = at::searchsorted(cumulative, u.contiguous()).clamp_max(last);
  return at::zeros_like(weights).scatter_add_(2, index, at::zeros_like(u).to(weights.dtype()) + 1);
}

}  // namespace elbo
