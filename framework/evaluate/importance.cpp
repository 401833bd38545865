#include "evaluate/importance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/pareto.hpp"

namespace elbo::host {

LogMeanWeight::LogMeanWeight(int64_t expected_samples) : tail_(pareto_tail_size(expected_samples)) {}

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
  if (tail_ == 0) return;
  const Tensor all = largest_.defined() ? elbo::cat({largest_, w}, 0) : w;
  largest_ = std::get<0>(all.topk(std::min(tail_ + 1, all.size(0)), 0));
}

Tensor LogMeanWeight::value() const { return max_ + sum_.log() - std::log(static_cast<double>(samples_)); }

Tensor LogMeanWeight::effective_samples() const { return sum_.square() / sum_of_squares_; }

Tensor LogMeanWeight::bias() const {
  const auto k = static_cast<double>(samples_);
  return -(k / effective_samples() - 1).clamp_min(0) / (2 * k);
}

Tensor LogMeanWeight::pareto_k() const {
  std::vector<double> shapes(static_cast<size_t>(max_.size(0)), std::numeric_limits<double>::quiet_NaN());
  const int64_t tail = pareto_tail_size(samples_);
  if (tail == 0 || !largest_.defined() || largest_.size(0) <= tail)
    return elbo::tensor_of(shapes, {max_.size(0)}).to(at::kDouble);
  const Tensor columns = largest_.narrow(0, 0, tail + 1).t().to(at::kCPU).contiguous();
  const auto rows = static_cast<size_t>(columns.size(1));
  for (size_t b = 0; b < shapes.size(); ++b)
    shapes[b] = elbo::host::pareto_k({columns.data_ptr<double>() + b * rows, rows});
  return elbo::tensor_of(shapes, {max_.size(0)}).to(at::kDouble);
}

}  // namespace elbo::host
