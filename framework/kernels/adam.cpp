#include "kernels/adam.hpp"

#include <ATen/Parallel.h>

#include "sdk/src/tensor/clones.hpp"

#include <cmath>

namespace elbo::host::kernels {
namespace {

/// The factors that are the same for every value.
template <class Real>
struct Factors {
  Real decay, kept, first, second, root, eps, rate;
  Real penalty;

  Factors(const AdamRates& r, int64_t step) {
    const auto n = static_cast<double>(step);
    penalty = static_cast<Real>(r.decoupled ? 0 : r.weight_decay);
    decay = static_cast<Real>(r.decoupled ? 1 - r.lr * r.weight_decay : 1);
    first = static_cast<Real>(r.beta1);
    second = static_cast<Real>(r.beta2);
    kept = static_cast<Real>(1 - r.beta2);
    root = static_cast<Real>(1 / std::sqrt(1 - std::pow(r.beta2, n)));
    eps = static_cast<Real>(r.eps);
    rate = static_cast<Real>(r.lr / (1 - std::pow(r.beta1, n)));
  }
};

template <class Real>
[[gnu::always_inline]] inline void update(Real* p, const Real* gradient, Real* m, Real* v, int64_t n,
                                          const Factors<Real>& f) {
  for (int64_t i = 0; i < n; ++i) {
    const Real g = gradient[i] + f.penalty * p[i];
    m[i] = g + f.first * (m[i] - g);
    v[i] = f.second * v[i] + f.kept * (g * g);
    p[i] = f.decay * p[i] - f.rate * m[i] / (std::sqrt(v[i]) * f.root + f.eps);
  }
}

template <class Real>
void in_shares(Tensor& p, const Tensor& g, Tensor& m, Tensor& v, const Factors<Real>& f) {
  Real *to_p = p.data_ptr<Real>(), *to_m = m.data_ptr<Real>(), *to_v = v.data_ptr<Real>();
  const Real* gradient = g.data_ptr<Real>();
  at::parallel_for(0, p.numel(), 1 << 14, [&](int64_t first, int64_t last) {
    clones<update<Real>>(to_p + first, gradient + first, to_m + first, to_v + first, last - first, f);
  });
}

}  // namespace

bool adam_suits(const Tensor& p, const Tensor& g) {
  const bool alike =
      (p.is_contiguous() && g.is_contiguous()) || (p.is_non_overlapping_and_dense() && p.strides() == g.strides());
  return p.is_cpu() && g.is_cpu() && alike && p.scalar_type() == g.scalar_type() &&
         (p.scalar_type() == at::kFloat || p.scalar_type() == at::kDouble) && p.numel() == g.numel();
}

void adam_step(Tensor& p, const Tensor& g, Tensor& m, Tensor& v, int64_t step, const AdamRates& rates) {
  if (p.scalar_type() == at::kFloat) in_shares<float>(p, g, m, v, {rates, step});
  else in_shares<double>(p, g, m, v, {rates, step});
}

}  // namespace elbo::host::kernels
