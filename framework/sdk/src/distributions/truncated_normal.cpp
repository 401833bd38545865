#include <elbo/distributions.hpp>

#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/distributions/normal_window.hpp"
#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"

namespace elbo::truncated_normal {
namespace {

using window::Interval, window::Mass, window::mass_of;

/// A value and its derivatives by the three arguments.
template <class T>
struct Slopes {
  T value, da, db, dc;
};

/// Half the square of the distance to the location, less that of the mode, q scales from the mode.
template <class T>
[[gnu::always_inline]] inline T energy(const T& q, const Interval<T>& i) {
  const T distance = generic::abs(q);
  return distance * (distance / 2 + generic::abs(i.off));
}

template <class T>
[[gnu::always_inline]] inline T mean_energy(const Mass<T>& m, const Interval<T>& i) {
  return m.square / 2 + generic::abs(i.off) * m.distance;
}

/// Of the whole [0, 1].
template <class T>
[[gnu::always_inline]] inline Interval<T> whole(const T& loc, const T& inverse) {
  const T m = generic::clamp(loc, 0, 1);
  return {m, (m - loc) * inverse, m * inverse, (1 - m) * inverse};
}

/// Of the log density by x, loc and log_scale.
template <bool slopes, class T>
[[gnu::always_inline]] inline Slopes<T> density(const T& x, const T& loc, const T& log_scale) {
  const T inverse = generic::exp(-log_scale);
  const Interval<T> i = whole(loc, inverse);
  const Mass<T> m = mass_of<slopes>(i);
  const T q = (x - i.mode) * inverse, e = energy(q, i);
  Slopes<T> d{-e - log_scale - generic::log(m.total), {}, {}, {}};
  if constexpr (slopes) {
    d.da = -(x - loc) * inverse * inverse;
    d.db = (q - m.shift) * inverse;
    d.dc = 2 * (e - mean_energy(m, i));
  }
  return d;
}

/// Of the log of the mass of a part [low, high], by loc and log_scale.
template <bool slopes, class T>
[[gnu::always_inline]] inline Slopes<T> mass(const T& low, const T& high, const T& loc, const T& log_scale) {
  const T inverse = generic::exp(-log_scale);
  const Interval<T> all = whole(loc, inverse);
  const Interval<T> part = Interval<T>::of(generic::clamp(low, 0, 1), generic::clamp(high, 0, 1), loc, inverse);
  const Mass<T> of_all = mass_of<slopes>(all), of_part = mass_of<slopes>(part);
  const T q = (part.mode - all.mode) * inverse, e = energy(q, all);
  Slopes<T> d{generic::log(of_part.total) - generic::log(of_all.total) - e, {}, {}, {}};
  if constexpr (slopes) {
    d.da = (q + of_part.shift - of_all.shift) * inverse;
    d.db = 2 * (e + mean_energy(of_part, part) - mean_energy(of_all, all));
  }
  return d;
}

template <bool slopes>
[[gnu::always_inline]] inline void density_loop(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Slopes<double> d = density<slopes>(in[0][i], in[1][i], in[2][i]);
    out[0][i] = d.value;
    if (slopes) out[1][i] = d.da, out[2][i] = d.db, out[3][i] = d.dc;
  }
}

template <bool slopes>
[[gnu::always_inline]] inline void mass_loop(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Slopes<double> d = mass<slopes>(in[0][i], in[1][i], in[2][i], in[3][i]);
    out[0][i] = d.value;
    if (slopes) out[1][i] = d.da, out[2][i] = d.db;
  }
}

constexpr auto density_values = clones<density_loop<false>>;
constexpr auto density_slopes = clones<density_loop<true>>;
constexpr auto mass_values = clones<mass_loop<false>>;
constexpr auto mass_slopes = clones<mass_loop<true>>;

/// x below which lies the mass u: the distance from the mode on one side of it, found by halving.
void quantiles_body(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double inverse = fast::exp(-in[2][i]);
    const Interval<double> w = whole(in[1][i], inverse);
    const double h = generic::abs(w.off);
    const double tail = window::tail<false>(h).zeroth;
    const double left = window::mass_within(h, w.left, tail), right = window::mass_within(h, w.right, tail);
    const double below = in[0][i] * (left + right) - left, wanted = generic::abs(below);
    const double side = below < 0 ? w.left : w.right,
                 reach = 80 / (h + std::sqrt(h * h + 80));  // e^-40 of the density is left
    double low = 0, high = side < reach ? side : reach;
    for (int k = 0; k < 56; ++k) {
      const double middle = (low + high) / 2;
      const bool short_of = window::mass_within(h, middle, tail) < wanted;
      low = short_of ? middle : low;
      high = short_of ? high : middle;
    }
    const double distance = (low + high) / 2 / inverse, x = w.mode + (below < 0 ? -distance : distance);
    out[0][i] = generic::clamp(x, 0, 1);
  }
}
constexpr auto quantiles = clones<quantiles_body>;

/// The moments of [0, 1] under the density: of loops without derivatives, of tensors as operations.
template <class F>
Tensor moment(const Tensor& loc, const Tensor& log_scale, F&& f) {
  const Tensor l = generic::to_double(loc), inverse = generic::to_double(log_scale).neg().exp();
  const Interval<Tensor> i = whole(l, inverse);
  return f(i, mass_of<true>(i), inverse);
}

}  // namespace

Tensor log_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale) {
  return apply_rule(
      x, loc, log_scale, [](const Tensor& at, const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
        if (fits_blocks(at) && fits_blocks(l) && fits_blocks(s)) {
          const auto made = by_blocks({at, l, s}, derivatives ? 4 : 1, at.scalar_type(),
                                      derivatives ? density_slopes : density_values);
          return derivatives ? Derived{made[0], made[1], made[2], made[3]} : Derived{made[0]};
        }
        const auto d = derivatives
                           ? density<true>(generic::to_double(at), generic::to_double(l), generic::to_double(s))
                           : density<false>(generic::to_double(at), generic::to_double(l), generic::to_double(s));
        return {d.value.toType(at.scalar_type()), d.da, d.db, d.dc};
      });
}

Tensor log_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale) {
  const Tensor everywhere = loc + 0 * (low + high).nan_to_num(0, 0, 0);
  return apply_rule(everywhere, log_scale, [&](const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    if (fits_blocks(low) && fits_blocks(l) && fits_blocks(s)) {
      const auto made =
          by_blocks({low, high, l, s}, derivatives ? 3 : 1, low.scalar_type(), derivatives ? mass_slopes : mass_values);
      return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0]};
    }
    const auto d = derivatives ? mass<true>(generic::to_double(low), generic::to_double(high), generic::to_double(l),
                                            generic::to_double(s))
                               : mass<false>(generic::to_double(low), generic::to_double(high), generic::to_double(l),
                                             generic::to_double(s));
    return {d.value.toType(low.scalar_type()), d.da, d.db};
  });
}

Tensor mean(const Tensor& loc, const Tensor& log_scale) {
  return moment(loc, log_scale, [](const Interval<Tensor>& i, const Mass<Tensor>& m, const Tensor& inverse) {
    return i.mode + m.shift / inverse;
  });
}

Tensor variance(const Tensor& loc, const Tensor& log_scale) {
  return moment(loc, log_scale, [](const Interval<Tensor>&, const Mass<Tensor>& m, const Tensor& inverse) {
    return (m.square - m.shift.square()) / inverse.square();
  });
}

Tensor quantile(const Tensor& u, const Tensor& loc, const Tensor& log_scale) {
  const auto here = [](const Tensor& t) { return generic::to_double(t.detach()).cpu(); };
  return by_blocks({here(u), here(loc), here(log_scale)}, 1, at::kDouble, quantiles)[0].to(u.device());
}

}  // namespace elbo::truncated_normal
