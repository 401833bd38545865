// The bound of importance weights.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// log mean_k w_k [B] over groups of K samples of log w [M K, B], averaged over the M groups: IWAE (Burda et al. 2016)
/// for M = 1, else MIWAE (Rainforth et al. 2018).
Tensor grouped_bound(const Tensor& log_w, int64_t groups);

}  // namespace elbo
