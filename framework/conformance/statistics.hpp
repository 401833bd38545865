// Tests of samples against densities. With a fixed seed they alarm by chance once in 100000 cases, and then always for the same plugin.
#pragma once
#include <string>

#include "conformance/tools.hpp"

namespace elbo::host::conformance {

inline constexpr double largest_z = 4.5;
inline constexpr double smallest_p = 1e-5;

/// Pearson's chi-squared: throws Failure when counts [k] do not follow masses [k], which may leave a rest. Neighbours
/// are merged until at least 10 samples are expected in each cell. `places` [k] are the values that the cells are about.
void expect_counts(const Tensor& counts, const Tensor& masses, const Tensor& places, const std::string& where);

/// z of the mean of values [n] against what is expected, 0 when they are all as expected.
double z_of_mean(const Tensor& values, double expected);
/// z of the difference of the means of two independent sets of values.
double z_of_difference(const Tensor& a, const Tensor& b);

/// A normal distribution with the mean and the covariance of samples [n, L], `width` times as wide.
class Cover {
 public:
  Cover(const Tensor& z, double width);
  /// [n, L] -> [n]
  Tensor log_prob(const Tensor& z) const;
  /// [count, L]
  Tensor draws(int64_t count) const;

 private:
  Tensor mean_, root_;
};

/// Widths in L dimensions for which weights of two normal distributions, one so much wider or narrower than the other, have a variance that
/// does not grow with L.
double wider_in(int64_t dimensions);
double narrower_in(int64_t dimensions);

/// A product of densities along straight axes. Each is constant on cells that hold equally many of the samples; the widest cells
/// are left out: tails and gaps, where samples are rare. So a quotient of it and of the density of the samples is never far from 1
/// where that density is nearly a product, and h is 0 where there is no sample.
class Reference {
 public:
  /// draws [n, L]. Throws Failure when many of them are equal.
  explicit Reference(const Tensor& draws);

  struct Seen {
    Tensor log_density;  // [n], -inf outside
    Tensor place;        // [n, L], on [0, 1): uniform and independent for samples from the reference
  };
  Seen at(const Tensor& z) const;
  /// Samples from the reference, for places on [0, 1) [n, L].
  Tensor draws(const Tensor& place) const;

 private:
  Tensor centre_, axes_;   // [L], [L, L] with orthogonal columns: u = (z - centre) axes
  Tensor edges_;           // [L, cells + 1] of u
  Tensor rank_;            // [L, cells + 2], of each cell among those kept, -1 for the others and outside
  Tensor low_, width_;     // [L, kept]
  double log_volume_ = 0;  // of a unit of z in units of u
};

/// Legendre polynomials of degree 1 to 3 in each place, with mean 0 and mean square 1 under the reference, beside 1: [n, 1 + 3 L].
Tensor legendre(const Tensor& place);

}  // namespace elbo::host::conformance
