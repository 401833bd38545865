#include "elbo/count_dispersion.hpp"

#include "elbo/math.hpp"
#include "elbo/sampling.hpp"

namespace elbo {

CountDispersion::CountDispersion(const CountDispersionConfig& config, Shape shape)
    : config_(config), shape_(std::move(shape)) {
  if (config_.dispersion == "per_position") own_ = parameter("log_dispersion", zeros(shape_));
}

CountDispersion::~CountDispersion() = default;

std::vector<Param> CountDispersion::params() const {
  if (own_.defined()) return {{"log_mean", shape_}};
  return {{"log_mean", shape_}, {"log_dispersion", shape_}};
}

Tensor CountDispersion::log_mean(const Theta& theta) const {
  return -soft_lower_bound(-theta["log_mean"], -config_.max_log_mean);
}

Tensor CountDispersion::log_dispersion(const Theta& theta) const {
  const double bound = config_.max_log_dispersion;
  return soft_bound(own_.defined() ? own_ : theta["log_dispersion"], -bound, bound);
}

Tensor CountDispersion::variance(const Theta& theta) const {
  const Tensor m = log_mean(theta);
  return m.exp() + (m * 2 - log_dispersion(theta)).exp();
}

Tensor CountDispersion::draw(const Theta& theta, Rng& rng) const {
  const Tensor m = log_mean(theta), t = log_dispersion(theta).expand_as(m);
  const Tensor log_rate = log_gamma_draw(t.exp(), rng) + m - t;
  return poisson_draw(log_rate.clamp_max(config_.max_log_mean).exp(), rng);
}

Tensor CountDispersion::init(const Tensor& mean, const Tensor& variance) {
  const Tensor log_mean = mean.clamp_min(1e-3).log();
  const Tensor excess = (variance - mean).maximum(mean * 0.01).clamp_min(1e-6);
  const Tensor start = (log_mean * 2 - excess.log()).clamp(-3, 5);
  if (!own_.defined()) return cat({log_mean.flatten(), start.flatten()}, 0);
  own_.detach().copy_(start);
  return log_mean.flatten();
}

}  // namespace elbo
