// log(sinh t / t) near 0: the sum of 2^(2k-1) B_2k / (k (2k)!) t^2k.
#pragma once

namespace elbo {

/// To k = 8, exact to 1e-15 below |t| = 1/2.
inline constexpr double sinhc_series[] = {1. / 6,      -1. / 180,          1. / 2835,      -1. / 37800,
                                          1. / 467775, -691. / 3831077250, 2. / 127702575, -3617. / 2605132530000};

}  // namespace elbo
