#include "conformance/law.hpp"

#include "conformance/quadrature.hpp"
#include "conformance/tools.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t counts_at_once = 4096, most_counts = 1 << 17;

Weighted cells(const Law& law, const Tensor& x) { return {x, law.log_prob(x).exp(), 0}; }

/// 0, 1, ... beyond where the draws are, until what is left is small.
Weighted counts(const Law& law) {
  std::vector<Tensor> x, mass;
  const double reach = 2 * number(law.draws(64, 77).max());
  double last = 1;
  for (int64_t k = 0; k < most_counts && !(static_cast<double>(k) > reach && last < 1e-16); k += counts_at_once) {
    x.push_back(at::arange(k, k + counts_at_once, at::kDouble).view({-1, 1}));
    mass.push_back(law.log_prob(x.back()).exp());
    last = number(mass.back()[-1]) * static_cast<double>(k + counts_at_once);
  }
  const bool is_whole = static_cast<double>(most_counts) > reach;
  return {at::cat(x), at::cat(mass), is_whole ? last : 1};
}

/// All ways in which `total` is shared by three places.
Tensor compositions(int64_t total) {
  std::vector<double> values;
  for (int64_t a = 0; a <= total; ++a)
    for (int64_t b = 0; a + b <= total; ++b)
      for (const int64_t part : {a, b, total - a - b}) values.push_back(static_cast<double>(part));
  return doubles(values).view({-1, 3});
}

/// All combinations of levels of the values of x.
Tensor every_level(int64_t levels, const Shape& shape) {
  const Tensor one = at::arange(levels, at::kDouble);
  const std::vector<Tensor> each(static_cast<size_t>(numel(shape)), one);
  return at::cartesian_prod(each).view(Shape{-1} + shape);
}

}  // namespace

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

Weighted whole(const Law& law, const Tensor& edges) {
  switch (law.support()) {
    case Support::binary:
      return cells(law, at::arange(2, at::kDouble).view({2, 1}));
    case Support::levels:
      return cells(law, every_level(law.levels(), law.shape()));
    case Support::counts:
      return counts(law);
    case Support::simplex_counts:
      return cells(law, compositions(static_cast<int64_t>(number(law.draws(1, 1).sum()))));
    default:
      return quadrature(law, edges);
  }
}

}  // namespace elbo::conformance
