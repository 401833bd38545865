#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

struct LogitNormalMoments {
  Tensor mean, variance;  // float64
};

/// Of x = sigmoid(y), y ~ N(loc, e^(2 log_scale)), to about 1e-14 at every scale. There is no closed form.
ELBO_EXPORT LogitNormalMoments logit_normal_moments(const Tensor& loc, const Tensor& log_scale);

}  // namespace elbo
