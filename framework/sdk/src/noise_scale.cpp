#include "elbo/noise_scale.hpp"

#include <cmath>

#include "elbo/math.hpp"

namespace elbo {
namespace {
constexpr double max_log_scale = 40;  // e^40 squared is still a float32
constexpr double kept = 0.99;         // of the running mean square at each batch
}  // namespace

NoiseScale::NoiseScale(const NoiseScaleConfig& config, Shape shape) : config_(config), shape_(std::move(shape)) {
  if (config_.scale == "shared") shared_ = parameter("log_scale", zeros({1}));
  if (config_.scale == "optimal") mean_square_ = buffer("mean_square", full({1}, 1));
}

NoiseScale::~NoiseScale() = default;

std::vector<Param> NoiseScale::params() const {
  if (config_.scale == "per_pixel") return {{"log_scale", shape_}};
  return {};
}

// No gradient asks for a soft bound here.
Tensor NoiseScale::bounded(const Tensor& mean_square) const {
  return (mean_square.toType(at::kDouble).log() / 2).clamp(config_.min_log_scale, max_log_scale);
}

Tensor NoiseScale::log(const Theta& theta) const {
  if (config_.scale == "fixed") return full({1}, std::log(config_.fixed_scale), theta.flat().toType(at::kDouble));
  if (mean_square_.defined()) return bounded(mean_square_);
  const Tensor& raw = shared_.defined() ? shared_ : theta["log_scale"];
  return soft_bound(raw, config_.min_log_scale, max_log_scale, at::kDouble);
}

// The gradient by the decoder is that of a fixed scale: at its optimum the scale adds nothing to it.
Tensor NoiseScale::log(const Theta& theta, const std::function<Tensor()>& residuals) const {
  if (!mean_square_.defined() || !training()) return log(theta);
  const Tensor all = residuals();
  if (!all.requires_grad()) return log(theta);
  const Tensor now = all.detach().square().mean().view({1});
  mean_square_.copy_(mean_square_ * kept + now.toType(mean_square_.scalar_type()) * (1 - kept));
  return bounded(now);
}

std::optional<Tensor> NoiseScale::init(const Tensor& scale) {
  if (config_.scale == "fixed") return {};
  // A value that never varied gets a hundredth of the typical scale, not 0.
  const Tensor typical = scale.square().mean().sqrt().clamp_min(1e-6);
  if (mean_square_.defined()) mean_square_.copy_(typical.square());
  if (mean_square_.defined()) return {};
  if (!shared_.defined())
    return inverse_soft_lower_bound(scale.maximum(typical / 100).log(), config_.min_log_scale).flatten();
  shared_.detach().copy_(inverse_soft_lower_bound(typical.log(), config_.min_log_scale));
  return {};
}

}  // namespace elbo
