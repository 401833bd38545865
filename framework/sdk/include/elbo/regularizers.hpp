// What the KL term can be made into.
#pragma once
#include <string>

#include <elbo/prior.hpp>

namespace elbo {

/// Free bits: sum_j max(floor, KL_j) in nats, from KL [B, L]. The batch mean stands inside the maximum (Kingma et al.
/// 2016, Eq. 15) -> scalar; with `per_example` each datum has its own floor -> [B], another objective.
ELBO_EXPORT Tensor floored_kl(const Tensor& kl_per_dim, double floor, bool per_example);

/// The three parts of E_x KL(q(z|x) || p(z)), estimated on one batch, scalars in nats (Chen et al. 2018).
struct KlParts {
  Tensor mutual_information;  // E[log q(z|x) - log q(z)]
  Tensor total_correlation;   // E[log q(z) - sum_j log q(z_j)]
  Tensor dimension_kl;        // E[sum_j log q(z_j) - log p(z)]
};

/// z [S, B, L] drawn from the factorised normals q(z|x_b), of N training data in all. `stratified` weighs a datum's own
/// component 1/N, one other (N - B + 1) / (N (B - 1)) and the rest 1 / (B - 1), so that q(z) is estimated without bias;
/// `weighted` is minibatch-weighted sampling, low by up to log(N B).
ELBO_EXPORT KlParts kl_parts(const Tensor& z, const DiagonalNormalParams& q, const Prior& prior, int64_t total,
                             const std::string& estimator);

/// MMD^2 (V-statistic) between the rows of a [n, L] and b [m, L], scalar (Gretton et al. 2012).
/// rbf: exp(-d^2 / 2L); imq: 2L / (2L + d^2) (Tolstikhin et al. 2018).
ELBO_EXPORT Tensor mmd_squared(const Tensor& a, const Tensor& b, const std::string& kernel);

}  // namespace elbo
