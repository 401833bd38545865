// Values far from where the distribution is: densities, their gradients, and the masses of the tails.
#include <cmath>

#include "conformance/likelihood.hpp"
#include "conformance/quadrature.hpp"

namespace elbo::conformance {
namespace {

constexpr double multiples[] = {5, 10, 20, 40, 100, 1000};

/// Where the distribution of one value is, by its draws.
struct Place {
  double middle, width;

  explicit Place(const Law& law) {
    const Tensor x = law.draws(512, 5).flatten();
    middle = number(x.median());
    width = number((x - middle).abs().mean());
  }
};

bool has_outliers(Support support) {
  return support == Support::real || support == Support::positive || support == Support::counts;
}

/// Values further and further away on one side, within the support.
std::vector<double> outliers(const Law& law, const Place& place, double side) {
  std::vector<double> values;
  for (const double multiple : multiples) {
    double x = place.middle + side * multiple * place.width;
    if (law.support() == Support::counts) x = std::ceil(x);
    if (law.support() == Support::real || x > 0) values.push_back(x);
  }
  return values;
}

/// A density whose tail does not fall has no integral; a floor under log_prob makes such a one.
void expect_tail_falls(const Law& law, const Place& place, const std::vector<double>& x) {
  if (x.size() < 2) return;
  const double near = x[x.size() - 2], far = x.back();
  const Tensor log_p = law.log_prob(doubles({near, far}).view({2, 1}));
  const auto weighted = [&](int64_t i, double at) { return number(log_p[i]) + std::log(std::abs(at - place.middle)); };
  if (!(weighted(1, far) < weighted(0, near)))
    fail(
        "{} log_prob is {} at x = {:.6g} and {} at x = {:.6g}: the tail does not fall, so that it has no finite "
        "integral; put no floor under log_prob",
        law.where(), in_words(log_p[0]), near, in_words(log_p[1]), far);
}

void expect_sound_at(const Law& law, double x) {
  const Tensor at_x = doubles({x}).view({1, 1}), log_p = law.log_prob(at_x);
  if (!log_p.isfinite().all().item<bool>())
    fail("{} log_prob at the outlier x = {:.6g} is {}; expected a finite number", law.where(), x, in_words(log_p));
  const Tensor raw = law.raw().clone().requires_grad_();
  if (raw.numel() == 0) return;
  expect_gradient([&] { return law.log_prob_at(at_x, raw).sum(); }, {{"the raw parameters", raw}},
                  fmt::format("{} at the outlier x = {:.6g}, log_prob", law.where(), x));
  if (raw.grad().defined() && !raw.grad().ne(0).any().item<bool>())
    fail(
        "{} the gradient of log_prob at the outlier x = {:.6g} is 0 by every raw parameter, so that nothing is learned "
        "from it; clamp nothing",
        law.where(), x);
}

void expect_log_mass(const Law& law, double lo, double hi, double expected) {
  const double found = number(*law.log_mass(doubles({lo}).view({1, 1}), doubles({hi}).view({1, 1})));
  if (!(std::abs(found - expected) <= 1e-6 + 1e-8 * std::abs(expected)))
    fail("{} the log of the mass between {:.6g} and {:.6g} is {:.10g}; the integral of exp(log_prob) gives {:.10g}",
         law.where(), lo, hi, found, expected);
}

/// How far x moves until the density has changed by a factor of about e.
double step_at(const Law& law, double x, double width) {
  const double h = 1e-4 * width;
  const Tensor log_p = law.log_prob(doubles({x - h, x + h}).view({2, 1}));
  const double slope = std::abs(number(log_p[1] - log_p[0])) / (2 * h);
  return slope * width > 1 ? 1 / slope : width;
}

void expect_tail_mass(const Law& law, double from, double end, double width) {
  if (!std::isfinite(number(law.log_prob(doubles({from}).view({1, 1}))))) return;
  const double step = step_at(law, from, width), next = from + (end > from ? step : -step) / 2;
  if (const auto tail = log_tail(law, from, end, step))
    expect_log_mass(law, std::min(from, end), std::max(from, end), *tail);
  const double lo = std::min(from, next), hi = std::max(from, next);
  if (lo < hi) expect_log_mass(law, lo, hi, log_integral(law, lo, hi));
}

void expect_tail_masses(const Law& law) {
  const Place place(law);
  if (!(place.width > 0)) return;
  const bool bounded = law.support() == Support::unit_interval;
  const double low_end = law.support() == Support::real ? -infinity : 0, high_end = bounded ? 1 : infinity;
  for (const double multiple : {5., 10., 20., 40., 100.}) {
    if (!bounded) expect_tail_mass(law, place.middle + multiple * place.width, high_end, place.width);
    if (law.support() == Support::real)
      expect_tail_mass(law, place.middle - multiple * place.width, low_end, place.width);
  }
  for (const double part : {0.25, 1. / 32, 1. / 1024}) {
    if (low_end == 0) expect_tail_mass(law, place.middle * part, 0, place.middle * part);
    if (bounded) expect_tail_mass(law, 1 - (1 - place.middle) * part, 1, (1 - place.middle) * part);
  }
}

}  // namespace

void check_outliers(const LikelihoodSubject& subject) {
  if (!has_outliers(subject.support)) skip("no value of x is far from the others");
  for (const Law& law : subject.laws()) {
    const Place place(law);
    if (!(place.width > 0)) continue;
    for (const double side : {1., -1.}) {
      const auto x = outliers(law, place, side);
      for (const double value : x) expect_sound_at(law, value);
      if (law.support() == Support::real || side > 0) expect_tail_falls(law, place, x);
    }
  }
}

void check_tail_masses(const LikelihoodSubject& subject) {
  const auto laws = subject.laws();
  const Shape all = Shape{1} + laws[0].shape();
  if (is_countable(subject.support)) skip("discrete likelihoods need none");
  if (!laws[0].log_mass(at::full(all, 0.25, at::kDouble), at::full(all, 0.75, at::kDouble)))
    skip("it offers no interval_log_prob");
  for (const Law& law : laws) expect_tail_masses(law);
}

}  // namespace elbo::conformance
