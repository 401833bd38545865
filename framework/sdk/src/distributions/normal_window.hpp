// A normal distribution cut to an interval, seen from the point of the interval where its density is greatest: from there nothing
// large cancels, wherever the location lies. All distances are in scales.
#pragma once
#include <type_traits>

#include "sdk/src/tensor/generic_math.hpp"

namespace elbo::window {

/// (x + 1)^(n + 1) times the integral over u > 0 of u^n e^(-x u - u^2/2), x >= 0, is analytic in y = (x - 5) / (x + 5) on the
/// whole of [-1, 1], infinity included (after Shepherd & Laframboise 1981). These are its Chebyshev expansions as polynomials
/// in y, for n = 0 (the Mills ratio), 1 and 2; relative errors below 2e-15 everywhere.
inline constexpr double tail_series[3][28] = {
    {1.1568486282918946,     -0.22948753825211315,   0.07778159886873554,     0.0250721793016388,
     -0.0661776007789934,    0.0615050458401865,     -0.038026592187762366,   0.01634823128102938,
     -0.004201290310663574,  1.9530638370790786e-05, 0.00045704381820007954,  -0.0001343742785571135,
     -2.48054584472145e-05,  2.270961270923768e-05,  -1.7723438185601556e-07, -3.277287633208865e-06,
     3.2197131609042185e-07, 4.91996233147834e-07,   -6.738323465177047e-08,  -7.758520236786343e-08,
     1.0082895646260188e-08, 1.1032071151574336e-08, -1.0846925288860795e-09, -9.564832934712551e-10,
     6.288377855498677e-11},
    {1.2945411512431623,      -0.36872296454501821,   -0.028030699627515189,  0.26116700784716246,
     -0.27354820376339607,    0.15402166231123108,    -0.029310982459417951,  -0.031861872708039215,
     0.034746226760707244,    -0.016131705895756487,  0.0023283156128457129,  0.0015767756175029339,
     -0.00085273508876207512, -3.5818170996181996e-5, 0.00014695214465133783, -1.7203931061125265e-5,
     -2.3404251451748431e-5,  4.9716369204740418e-6,  4.0148061855887892e-6,  -9.9852147715980059e-7,
     -7.5934678601782297e-7,  1.6601511154204576e-7,  1.4464403282898365e-7,  -2.1184998715660541e-8,
     -2.2672476012801749e-8,  1.5294186063516206e-9,  1.9982200331956629e-9},
    {2.8103160812133356,      -0.77755368244602266,    -0.68486347904893648,   1.313125349732862,
     -0.91459954805457838,    0.12990739776245387,     0.34806804612519785,    -0.34545861349797185,
     0.12298438460623101,     0.035917548943888342,    -0.059167597957863868,  0.022075416339044555,
     0.0034651606225369007,   -0.0054923045263768156,  0.00067394928773645476, 0.00096163250723544391,
     -0.00027563208999754812, -0.00016637442032515732, 6.7666592565483977e-5,  3.2324341033083125e-5,
     -1.4229878459683261e-5,  -7.0411828301347969e-6,  2.6081809678665304e-6,  1.5095100171751807e-6,
     -3.7034461277944602e-7,  -2.5504969751749897e-7,  2.9403627746980426e-8,  2.3328939599957273e-8}};

/// Gauss-Legendre on [0, 1]
inline constexpr double nodes[6] = {0.033765242898423986094, 0.16939530676686774317, 0.38069040695840154568,
                                    0.61930959304159845432,  0.83060469323313225683, 0.96623475710157601391};
inline constexpr double weights[6] = {0.08566224618958517252, 0.18038078652406930378, 0.23395696728634552369,
                                      0.23395696728634552369, 0.18038078652406930378, 0.08566224618958517252};

/// An end of the interval this far away is at infinity: its square is still finite.
inline constexpr double far_away = 1e150;

template <int degree, class T>
[[gnu::always_inline]] inline T polynomial(const double* series, const T& y) {
  if constexpr (std::is_same_v<T, double>) return fast::polynomial<degree>(series, y);
  T sum = y * series[degree];
#pragma GCC unroll 28
  for (int k = degree - 1; k > 0; --k) sum = (sum + series[k]) * y;
  return sum + series[0];
}

/// Integrals of 1, u and u^2 times e^(-h u - u^2/2).
template <class T>
struct Moments {
  T zeroth, first, second;
};

/// Over all u > 0; the zeroth alone without `all`.
template <bool all, class T>
[[gnu::always_inline]] inline Moments<T> tail(const T& h) {
  const T y = 1 - 10 / (h + 5), near = 1 / (h + 1);
  Moments<T> m{polynomial<24>(tail_series[0], y) * near, {}, {}};
  if constexpr (all) {
    m.first = polynomial<26>(tail_series[1], y) * near * near;
    m.second = polynomial<27>(tail_series[2], y) * near * near * near;
  }
  return m;
}

/// The zeroth alone, over 0 < u < width: what the whole tail has beyond that beyond it, or quadrature where that would cancel.
template <class T>
[[gnu::always_inline]] inline T mass_within(const T& h, const T& width, const T& whole) {
  const T drop = width * (h + width / 2);
  T narrow = 0 * drop;
#pragma GCC unroll 6
  for (int i = 0; i < 6; ++i) {
    const T u = width * nodes[i];
    narrow = narrow + generic::exp(-u * (h + u / 2)) * weights[i];
  }
  return generic::choose(drop < 0.25, narrow * width, whole - generic::exp(-drop) * tail<false>(h + width).zeroth);
}

/// Of a tail that begins `width` later, about where it would have begun.
template <class T>
[[gnu::always_inline]] inline Moments<T> moved(const Moments<T>& m, const T& width) {
  return {m.zeroth, m.first + width * m.zeroth, m.second + width * (2 * m.first + width * m.zeroth)};
}

/// The interval about its mode m: `off` scales from the location to m, negative where m lies left of it; `left` and `right`
/// scales from m to the ends.
template <class T>
struct Interval {
  T mode, off, left, right;

  /// low <= high, which may be infinite
  [[gnu::always_inline]] static Interval of(const T& low, const T& high, const T& loc, const T& inverse_scale) {
    const T m = generic::clamp(loc, low, high);
    const auto scaled = [&](const T& distance) { return generic::clamp(distance * inverse_scale, 0, far_away); };
    return {m, generic::clamp((m - loc) * inverse_scale, -far_away, far_away), scaled(m - low), scaled(high - m)};
  }
};

/// Such an interval from its near end, at h >= 0 scales from the location, to its far end; about the location, from the location to
/// both ends. The densities there are over that at the mode.
template <class T>
struct Ends {
  T h, width, drop, to_left, to_right, at_left, at_right;
  decltype(std::declval<T>() > 0) is_beside, is_narrow;  // narrow: so that differences of tails would cancel

  [[gnu::always_inline]] static Ends of(const Interval<T>& i) {
    const T h = generic::abs(i.off), width = i.left + i.right, drop = width * (h + width / 2);
    const auto is_beside = h > 0;
    const T to_left = generic::choose(is_beside, 0., i.left), to_right = generic::choose(is_beside, width, i.right);
    return {h,
            width,
            drop,
            to_left,
            to_right,
            generic::exp(-to_left * to_left / 2),
            generic::exp(-to_right * (h + to_right / 2)),
            is_beside,
            drop < 0.25};
  }

  /// Of what both sides have from the location on, or of what the near end has beyond it, without what is beyond the ends.
  [[gnu::always_inline]] T without(const T& middle, const T& near, const T& far) const {
    return generic::choose(is_beside, near, middle - at_left * near) - at_right * far;
  }
};

/// By quadrature, for narrow ones; the zeroth alone without `all`.
template <bool all, class T>
[[gnu::always_inline]] inline Moments<T> quadrature(const Ends<T>& e) {
  T m0 = 0 * e.h, m1 = m0, m2 = m0;
#pragma GCC unroll 6
  for (int k = 0; k < 6; ++k) {
    const T u = generic::abs(e.width * nodes[k] - e.to_left),
            mass = generic::exp_near_0(-u * (e.h + u / 2)) * weights[k];
    m0 = m0 + mass;
    if constexpr (all) m1 = m1 + mass * u, m2 = m2 + mass * u * u;
  }
  return {m0 * e.width, m1 * e.width, m2 * e.width};
}

constexpr double root_2_pi = 2.50662827463100050242;

/// The density at the lower end less that at the upper one, from which nothing cancels.
template <class T>
[[gnu::always_inline]] inline T fall_across(const Interval<T>& i, const Ends<T>& e) {
  const T longer = (i.right - i.left) * (i.right + i.left) / 2,
          by = generic::choose(e.is_beside, e.drop, generic::abs(longer));
  const T nearer = generic::choose(e.is_beside, 1., generic::choose(longer < 0, e.at_right, e.at_left));
  const T size = nearer * -generic::expm1(-by), direction = generic::choose(e.is_beside, i.off, longer);
  return generic::choose(direction < 0, -size, size);
}

/// The density over that at the mode is e^-(|q| (|q| / 2 + |off|)), q scales from the mode. Its integral, and under it the means of
/// q, of |q|, which is meant beside the location alone, and of q^2.
template <class T>
struct Mass {
  T total, shift, distance, square;
};

// Beside the location the tail from the near end on without that from the far end on; about it both tails from the location on
// without those from the ends on; by quadrature where the interval is so narrow that these would cancel.
template <bool all, class T>
[[gnu::always_inline]] inline Mass<T> mass_of(const Interval<T>& i) {
  const Ends<T> e = Ends<T>::of(i);
  const Moments<T> near = tail<all>(generic::choose(e.is_beside, e.h, i.left)), far = tail<all>(e.h + e.to_right),
                   narrow = quadrature<all>(e);
  const T none = 0 * e.h, root = none + root_2_pi;
  Mass<T> m{generic::choose(e.is_narrow, narrow.zeroth, e.without(root, near.zeroth, far.zeroth)), {}, {}, {}};
  if constexpr (all) {
    const T inverse = 1 / m.total;
    const Moments<T> one = moved(near, e.to_left), other = moved(far, e.to_right);
    m.distance = generic::choose(e.is_narrow, narrow.first, e.without(none + 2, one.first, other.first)) *
                 inverse;  // for |off| > 0
    m.square = generic::choose(e.is_narrow, narrow.second, e.without(root, one.second, other.second)) * inverse;
    m.shift =
        generic::choose(e.is_beside, generic::choose(i.off < 0, -m.distance, m.distance), fall_across(i, e) * inverse);
  }
  return m;
}

}  // namespace elbo::window
