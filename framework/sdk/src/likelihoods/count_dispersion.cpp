#include <elbo/likelihood_parts.hpp>

#include <elbo/random.hpp>
#include <elbo/tensor.hpp>

namespace elbo {

void CountDispersionConfig::describe(Options<CountDispersionConfig>& o) {
  o.add("mean", &CountDispersionConfig::mean,
        "the mean is the exponential of a decoder output for each value of x (exp), or the library size, which is the "
        "sum of x and taken as known, times the softmax of these outputs (library_softmax; Lopez et al. 2018)")
      .one_of({"exp", "library_softmax"});
  o.add("dispersion", &CountDispersionConfig::dispersion,
        "the inverse dispersion is one learned number for each position of x (per_position), or "
        "an output of the decoder for each value of x (per_pixel)")
      .one_of({"per_position", "per_pixel"});
  o.add("max_log_mean", &CountDispersionConfig::max_log_mean, "soft upper bound of the log of the mean")
      .range(1, 80)
      .only_with("mean", {"exp"});
  o.add("max_log_dispersion", &CountDispersionConfig::max_log_dispersion,
        "soft bound of the size of the log of the inverse dispersion; the distribution is Poisson's long before")
      .range(1, 40);
}

CountDispersion::CountDispersion(const CountDispersionConfig& config, Shape shape)
    : config_(config), shape_(std::move(shape)) {
  if (config_.dispersion == "per_position") own_ = parameter("log_dispersion", zeros(shape_));
  if (config_.mean == "library_softmax") library_ = buffer("library_size", full({1}, 1));
}

CountDispersion::~CountDispersion() = default;

std::vector<DecoderOutput> CountDispersion::params() const {
  std::vector<DecoderOutput> params = {{library_.defined() ? "share" : "log_mean", shape_}};
  if (!own_.defined()) params.push_back({"log_dispersion", shape_});
  return params;
}

// A data point without counts has the mean e^-60, under which its zeros are certain.
Tensor CountDispersion::log_mean_of(const Theta& theta, const Tensor& library) const {
  const Tensor share = theta["share"].toType(at::kDouble), log_share = share.flatten(2).log_softmax(2).view_as(share);
  return log_share + library.toType(at::kDouble).log().clamp_min(-60);
}

Tensor CountDispersion::log_mean(const Theta& theta, const Tensor& x) const {
  if (!library_.defined()) return log_mean(theta);
  const Tensor total = x.toType(at::kDouble).flatten(1).sum(1);
  return log_mean_of(theta, total.view(Shape{1, x.size(0)} + Shape(shape_.size(), 1)));
}

Tensor CountDispersion::log_mean(const Theta& theta) const {
  if (library_.defined()) return log_mean_of(theta, library_);
  return soft_upper_bound(theta["log_mean"], config_.max_log_mean, at::kDouble);
}

Tensor CountDispersion::log_dispersion(const Theta& theta) const {
  const double bound = config_.max_log_dispersion;
  return soft_bound(own_.defined() ? own_ : theta["log_dispersion"], -bound, bound, at::kDouble);
}

Tensor CountDispersion::variance(const Theta& theta) const {
  const Tensor m = log_mean(theta);
  return m.exp() + (m * 2 - log_dispersion(theta)).exp();
}

// max_log_mean bounds the mean and not the rate, which varies about it.
Tensor CountDispersion::draw(const Theta& theta, Rng& rng) const {
  constexpr double max_log_rate = 88;  // float32 ends at 88.7
  const Tensor m = log_mean(theta), t = log_dispersion(theta).expand_as(m);
  const Tensor log_rate = log_gamma_draw(t.exp(), rng) + m - t;
  return poisson_draw(log_rate.clamp_max(max_log_rate).exp(), rng).toType(theta.flat().scalar_type());
}

Tensor CountDispersion::init(const Tensor& mean, const Tensor& variance) {
  const Tensor total = mean.sum(), log_mean = mean.clamp_min(1e-3).log();
  if (library_.defined()) library_.copy_(total.clamp_min(1e-3));
  const Tensor excess = (variance - mean).maximum(mean * 0.01).clamp_min(1e-6);
  const Tensor start = (log_mean * 2 - excess.log()).clamp(-3, 5);
  if (!own_.defined()) return cat({log_mean.flatten(), start.flatten()}, 0);
  own_.detach().copy_(start);
  return log_mean.flatten();
}

}  // namespace elbo
