#include "evaluate/importance.hpp"

#include <cmath>
#include <limits>

namespace elbo {

void LogMeanWeight::add(const Tensor& log_w) {
  const Tensor w = log_w.detach().to(at::kDouble);
  samples_ += w.size(0);
  Tensor top = std::get<0>(w.max(0));
  if (max_.defined()) top = top.maximum(max_);
  // All weights zero so far: any finite reference keeps exp(-inf - top) at 0 instead of nan.
  const Tensor reference = top.masked_fill(top == -std::numeric_limits<double>::infinity(), 0.0);
  const Tensor scaled = (w - reference).exp();
  Tensor sum = scaled.sum(0), squares = scaled.square().sum(0);
  if (max_.defined()) {
    const Tensor shrink = (max_ - reference).exp();
    sum = sum + sum_ * shrink;
    squares = squares + sum_of_squares_ * shrink.square();
  }
  max_ = reference;
  sum_ = sum;
  sum_of_squares_ = squares;
}

Tensor LogMeanWeight::value() const { return max_ + sum_.log() - std::log(static_cast<double>(samples_)); }

Tensor LogMeanWeight::effective_samples() const { return sum_.square() / sum_of_squares_; }

Tensor LogMeanWeight::bias() const {
  const auto k = static_cast<double>(samples_);
  return -(k / effective_samples() - 1).clamp_min(0) / (2 * k);
}

}  // namespace elbo
