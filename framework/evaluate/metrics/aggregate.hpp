// The parts of E_x KL(q(z|x) || p(z)) over the whole test data, q(z) = (1/N) sum_n q(z|x_n) of all N encoded data.
#pragma once
#include <limits>

#include "evaluate/evaluate.hpp"

namespace elbo::host {

/// Nats. The last two are NaN where q(z|x) does not factorise over the latent dimensions.
struct AggregateKl {
  int64_t data = 0;               // N; mutual information cannot exceed log N
  double mutual_information = 0;  // I(x; z) = E[log q(z|x) - log q(z)] (Hoffman & Johnson 2016)
  double aggregate_kl = 0;        // KL(q(z) || p(z)) = E[log q(z) - log p(z)]
  double total_correlation =
      std::numeric_limits<double>::quiet_NaN();                    // E[log q(z) - sum_j log q(z_j)] (Chen et al. 2018)
  double dimension_kl = std::numeric_limits<double>::quiet_NaN();  // E[sum_j log q(z_j) - log p(z)]
};

/// Of factorised normals [N, L] and draws z [S, N, L] of them, row n from q(z|x_n); in float64, memory of O(N L).
AggregateKl aggregate_kl(const DiagonalNormalParams& q, const Tensor& z, const Prior& prior);

/// Of the first `count` test data, `samples` draws each. Throws UserError where q(z|x) cannot be taken at a given z.
AggregateKl aggregate_kl(Model& model, const BatchSource& source, int64_t count, int64_t samples, const Rng& rng);

}  // namespace elbo::host
