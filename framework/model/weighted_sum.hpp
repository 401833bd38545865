// The last step of every objective: a few sums of tensors, put together with weights.
#pragma once
#include <vector>

#include <elbo/objective.hpp>

namespace elbo::host {

/// The sum of all, a scalar of the first one's dtype, added up in float64; one node of the graph.
Tensor weighted_sum(const std::vector<Summand>& summands);

/// A scalar of t's dtype, where t is.
Tensor scalar_like(double value, const Tensor& t);

/// The sum of the values of t in float64.
double sum_of(const Tensor& t);
/// Of each column of t [N, M], [M] in float64.
std::vector<double> column_sums(const Tensor& t);

}  // namespace elbo::host
