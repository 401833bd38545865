#include "elbo/noise_scale.hpp"

#include <cmath>

#include "elbo/math.hpp"

namespace elbo {
namespace {
constexpr double max_log_scale = 40;  // e^40 squared is still a float32
}

NoiseScale::NoiseScale(const NoiseScaleConfig& config, Shape shape) : config_(config), shape_(std::move(shape)) {
  if (config_.scale == "shared") shared_ = parameter("log_scale", zeros({1}));
}

NoiseScale::~NoiseScale() = default;

std::vector<Param> NoiseScale::params() const {
  if (config_.scale == "per_pixel") return {{"log_scale", shape_}};
  return {};
}

Tensor NoiseScale::log(const Theta& theta) const {
  if (config_.scale == "fixed") return full({1}, std::log(config_.fixed_scale), theta.flat());
  return soft_bound(shared_.defined() ? shared_ : theta["log_scale"], config_.min_log_scale, max_log_scale);
}

std::optional<Tensor> NoiseScale::init(const Tensor& scale) {
  if (config_.scale == "fixed") return {};
  // A value that never varied gets a hundredth of the typical scale, not 0.
  const Tensor typical = scale.square().mean().sqrt().clamp_min(1e-6);
  if (!shared_.defined())
    return inverse_soft_lower_bound(scale.maximum(typical / 100).log(), config_.min_log_scale).flatten();
  shared_.detach().copy_(inverse_soft_lower_bound(typical.log(), config_.min_log_scale));
  return {};
}

}  // namespace elbo
