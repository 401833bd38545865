// Log-densities, masses of intervals and moments, in nats: exact in the tails and at every scale, with exact gradients.
// They throw c10::Error, libtorch's exception, where shapes do not fit together; and Error where a second derivative is asked of a
// function whose backward pass is written by hand, unless ELBO_KERNELS=plain.
#pragma once
#include <utility>

#include <elbo/tensor.hpp>

namespace elbo {

// ------------------------------------------------------- one pass over the data instead of several

/// z = mean + sigma eps [S, B, L] and log N(z; mean, sigma^2) [S, B] in nats; mean and log_scale = log sigma [B, L],
/// eps [S, B, L] standard normal noise (Kingma & Welling 2014).
ELBO_EXPORT std::pair<Tensor, Tensor> normal_draw(const Tensor& mean, const Tensor& log_scale, const Tensor& eps);

/// log N(z; 0, I) in nats: z [S, B, L] -> [S, B]
ELBO_EXPORT Tensor standard_normal_log_prob(const Tensor& z);

/// KL(N(mean, sigma^2) || N(0, 1)) of each value, in nats; log_scale = log sigma, of the same shape.
ELBO_EXPORT Tensor normal_kl(const Tensor& mean, const Tensor& log_scale);

/// log p(x) of independent binary values, summed over X...: x [B, X...], logit [S, B, X...] -> [S, B] in nats; -inf where
/// some value of a data point is neither 0 nor 1.
ELBO_EXPORT Tensor bernoulli_log_prob(const Tensor& x, const Tensor& logit);

// ------------------------------------------------------------------------------ normal and Laplace

// Normal and Laplace distributions, in nats: the masses of intervals and a density, exact wherever the location lies and however wide or
// narrow the scale is. Computed in float64, whatever the types are; tensors are broadcast against each other.

/// log N(x; loc, e^(2 log_scale)), of the dtype of loc
ELBO_EXPORT Tensor log_normal_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale);
/// log of the mass of [low, high], of the dtype of loc; an end may be infinite. The ends have no derivatives.
ELBO_EXPORT Tensor log_normal_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);

/// The same under the density e^-|r| / (2 e^log_scale), r = (x - loc) e^-log_scale
ELBO_EXPORT Tensor log_laplace_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);

// ----------------------------------------------------------------------------- mixtures of normals

/// log sum_k w_k N(z; mean_k, diag(e^{2 log_scale_k})): z [S, B, L], log_weights [K], mean and log_scale [K, L] -> [S, B].
/// In float64, from the differences z - mean: exact at any scale. No [S, B, K, L] is held in memory.
ELBO_EXPORT Tensor log_normal_mixture(const Tensor& z, const Tensor& log_weights, const Tensor& mean,
                                      const Tensor& log_scale);

// -------------------------------------------------------------------------- values between 0 and 1

// The normal distribution cut to [0, 1] and normalised; a location far outside is legal, and the distribution then close to an
// exponential one. Every function works in float64, whatever the types are, and takes broadcastable tensors.

namespace truncated_normal {

/// log p(x) in nats for 0 <= x <= 1, of the dtype of x
ELBO_EXPORT Tensor log_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale);
/// log of the mass of [low, high], of which the part in [0, 1] counts; of the dtype of low
ELBO_EXPORT Tensor log_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);
/// float64
ELBO_EXPORT Tensor mean(const Tensor& loc, const Tensor& log_scale);
/// float64
ELBO_EXPORT Tensor variance(const Tensor& loc, const Tensor& log_scale);
/// The x below which lies the mass u, 0 < u < 1; float64, without gradient
ELBO_EXPORT Tensor quantile(const Tensor& u, const Tensor& loc, const Tensor& log_scale);

}  // namespace truncated_normal

struct LogitNormalMoments {
  Tensor mean, variance;  // float64
};

/// Of x = sigmoid(y), y ~ N(loc, e^(2 log_scale)), to about 1e-14 at every scale. There is no closed form.
ELBO_EXPORT LogitNormalMoments logit_normal_moments(const Tensor& loc, const Tensor& log_scale);

// The distribution of density a e^(a x) / (e^a - 1) on [0, 1], in nats: exact at every a, the uniform distribution's 0 too. Computed in float64, whatever
// the types are; tensors are broadcast against each other.

/// log of the density at x, of the dtype of a
ELBO_EXPORT Tensor log_tilted_density(const Tensor& x, const Tensor& a);
/// log of the mass of [low, high], of the dtype of a. The ends have no derivatives.
ELBO_EXPORT Tensor log_tilted_mass(const Tensor& low, const Tensor& high, const Tensor& a);

// ----------------------------------------------------------- counts, and ratios of gamma functions

// Ratios of gamma functions in forms without large parts that cancel, for counts, Student's t and the beta distribution.

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

/// log P(k) of the Poisson distribution (Loader 2000). This and the two that follow are of the dtype of k.
ELBO_EXPORT Tensor log_poisson(const Tensor& k, const Tensor& log_rate);
/// log P(k) of the negative binomial distribution with variance mean + mean^2 / dispersion; Poisson as dispersion grows
ELBO_EXPORT Tensor log_negative_binomial(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion);
/// The same where a zero is an extra one with probability sigmoid(zero_logit)
ELBO_EXPORT Tensor log_zero_inflated_negative_binomial(const Tensor& k, const Tensor& log_mean,
                                                       const Tensor& log_dispersion, const Tensor& zero_logit);
/// log p(x) of the beta distribution for 0 < x < 1, exact for large alpha and beta too (Loader 2000)
ELBO_EXPORT Tensor log_beta_density(const Tensor& x, const Tensor& alpha, const Tensor& beta);
/// log of the mass between the logits lo and hi (either may be infinite) under x ~ Beta(alpha, beta)
ELBO_EXPORT Tensor log_beta_mass(const Tensor& lo, const Tensor& hi, const Tensor& alpha, const Tensor& beta);

// ------------------------------------------------------------------------------------------ levels

// Where distributions on levels start.

struct LogisticFit {
  Tensor loc, log_scale;  // [N, X...]
};

/// The distribution of log_logistic_level with nearly the distribution function of counts [N, levels, X...] > 0, where tails that
/// are folded into the end levels do no harm: its logit is a line, here by least squares with weights F (1 - F).
ELBO_EXPORT LogisticFit fit_logistic_levels(const Tensor& counts);

}  // namespace elbo
