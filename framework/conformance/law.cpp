#include "conformance/law.hpp"

#include "conformance/tools.hpp"

namespace elbo::conformance {
Law::Law(std::shared_ptr<Likelihood> likelihood, Tensor raw)
    : likelihood_(std::move(likelihood)), raw_(std::move(raw)) {}

std::string Law::where() const { return "at " + in_words(likelihood_->params(), raw_); }

Theta Law::theta(const Tensor& raw, int64_t m) const {
  return Theta(likelihood_->params(), raw.dim() == 1 ? raw.expand({1, m, raw.size(0)}) : raw.unsqueeze(0));
}

Tensor Law::log_prob(const Tensor& x) const { return log_prob_at(x, raw_).detach(); }

Tensor Law::log_prob_at(const Tensor& x, const Tensor& raw) const {
  return likelihood_->log_prob(x, theta(raw, x.size(0)))[0];
}

std::optional<Tensor> Law::log_mass(const Tensor& lo, const Tensor& hi) const {
  const auto mass = likelihood_->interval_log_prob(lo, hi, theta(raw_, lo.size(0)));
  if (!mass) return {};
  return mass->detach()[0];
}

Tensor Law::draws(int64_t m, uint64_t seed) const {
  Rng rng = double_rng(seed);
  return likelihood_->sample(theta(raw_, m), rng).detach()[0];
}

Tensor Law::mean() const { return likelihood_->mean(theta(raw_, 1)).detach()[0][0]; }

std::optional<Tensor> Law::variance() const {
  const auto variance = likelihood_->variance(theta(raw_, 1));
  if (!variance) return {};
  return variance->detach()[0][0];
}

Tensor Law::score(const Tensor& x) const {
  Tensor raw = raw_.expand({x.size(0), raw_.size(0)}).clone().requires_grad_();
  likelihood_->log_prob(x, theta(raw, x.size(0))).sum().backward();
  return raw.grad();
}

bool is_countable(Support support) { return measure_of(support) == Measure::counting; }

}  // namespace elbo::conformance
