// Where laws on levels start.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

struct LogisticFit {
  Tensor loc, log_scale;  // [N, X...]
};

/// The law of log_logistic_level with nearly the distribution function of counts [N, levels, X...] > 0, where tails that
/// are folded into the end levels do no harm: its logit is a line, here by least squares with weights F (1 - F).
ELBO_EXPORT LogisticFit fit_logistic_levels(const Tensor& counts);

}  // namespace elbo
