// Ratios of gamma functions in forms without large parts that cancel, for counts, Student's t and the beta law.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// log(1 + u) - u for u > -1, exact near 0 (Loader 2000)
ELBO_EXPORT Tensor log1pmx(const Tensor& u);
/// log Gamma(a) less Stirling's (a - 1/2) log a - a + log(2 pi) / 2, for a > 0; about 1 / (12 a)
ELBO_EXPORT Tensor stirling_remainder(const Tensor& a);
/// log of a (a + 1) ... (a + m - 1) / a^m = Gamma(a + m) / (Gamma(a) a^m), for a > 0 and real m >= 0; 0 as a grows
ELBO_EXPORT Tensor log_rising_excess(const Tensor& a, const Tensor& m);
/// log k! for k >= 0
ELBO_EXPORT Tensor log_factorial(const Tensor& k);
/// log of n! / (k! (n - k)!)
ELBO_EXPORT Tensor log_choose(double n, const Tensor& k);

/// log P(k) of the Poisson law (Loader 2000). This and the two that follow are of the dtype of k.
ELBO_EXPORT Tensor log_poisson(const Tensor& k, const Tensor& log_rate);
/// log P(k) of the negative binomial law with variance mean + mean^2 / dispersion; Poisson as dispersion grows
ELBO_EXPORT Tensor log_negative_binomial(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion);
/// The same where a zero is an extra one with probability sigmoid(zero_logit)
ELBO_EXPORT Tensor log_zero_inflated_negative_binomial(const Tensor& k, const Tensor& log_mean,
                                                       const Tensor& log_dispersion, const Tensor& zero_logit);
/// log p(x) of the beta law for 0 < x < 1, exact for large alpha and beta too (Loader 2000)
ELBO_EXPORT Tensor log_beta_density(const Tensor& x, const Tensor& alpha, const Tensor& beta);
/// log of the mass between the logits lo and hi (either may be infinite) under x ~ Beta(alpha, beta)
ELBO_EXPORT Tensor log_beta_mass(const Tensor& lo, const Tensor& hi, const Tensor& alpha, const Tensor& beta);

}  // namespace elbo
