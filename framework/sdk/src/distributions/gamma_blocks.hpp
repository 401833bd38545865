// The log-probabilities of counts and fractions, by gamma functions, and their derivatives in one pass.
#pragma once
#include "sdk/src/tensor/explicit_gradient.hpp"

namespace elbo {

/// Of log P(k) by log_rate. k has no derivative.
Derived poisson_blocks(const Tensor& k, const Tensor& log_rate, bool derivatives);
/// Of log P(k) by log_mean and log_dispersion.
Derived negative_binomial_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                                 bool derivatives);
/// The same with extra zeros, by zero_logit too.
Derived zero_inflated_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                             const Tensor& zero_logit, bool derivatives);
/// Of log_rising_excess by a; m has no derivative.
Derived rising_excess_blocks(const Tensor& a, const Tensor& m, bool derivatives);
/// Of the log density of x under Beta(alpha, beta) by both.
Derived beta_blocks(const Tensor& x, const Tensor& alpha, const Tensor& beta, bool derivatives);
/// log k!, without derivative.
Tensor log_factorial_blocks(const Tensor& k);

}  // namespace elbo
