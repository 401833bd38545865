// Draws from laws that need more than one uniform or normal number. All noise comes from the host's generator,
// which every function advances by the same number of calls whatever the values are: a draw does not depend on
// what else is in the batch.
#pragma once
#include <elbo/rng.hpp>

namespace elbo {

/// log of a Gamma(shape, 1) variate, shape [S, B, ...] > 0 (Marsaglia & Tsang 2000)
ELBO_EXPORT Tensor log_gamma_draw(const Tensor& shape, Rng& rng);
/// Gamma(shape, 1); may underflow to 0 where the shape is small
ELBO_EXPORT Tensor gamma_draw(const Tensor& shape, Rng& rng);
/// x in [0, 1], with 0 and 1, to which a draw may have been rounded, replaced by the numbers of x's dtype next to them
ELBO_EXPORT Tensor open_unit(const Tensor& x);
/// Poisson, rate [S, B, ...] >= 0 (Hoermann 1993 from rate 10 on)
ELBO_EXPORT Tensor poisson_draw(const Tensor& rate, Rng& rng);
/// Binomial(n, sigmoid(logit)), by inversion: n steps
ELBO_EXPORT Tensor binomial_draw(int64_t n, const Tensor& logit, Rng& rng);
/// The index along dimension 2 of weights [S, B, K, ...] >= 0, drawn in proportion to them -> [S, B, ...], int64
ELBO_EXPORT Tensor categorical_draw(const Tensor& weights, Rng& rng);
/// How often each of K values is drawn in n draws, in proportion to weights [S, B, K] -> [S, B, K]
ELBO_EXPORT Tensor multinomial_draw(int64_t n, const Tensor& weights, Rng& rng);

}  // namespace elbo
