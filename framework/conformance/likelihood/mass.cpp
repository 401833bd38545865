// What is summed or integrated over the whole support.
#include <cmath>

#include <elbo/error.hpp>

#include "conformance/likelihood/distribution.hpp"
#include "conformance/likelihood/likelihood.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double out_of_reach = 1e-6;

const char* how(Support support) {
  return is_countable(support) ? "the probabilities of all values add up" : "the density integrates";
}

void expect_masses_add_up(const Distribution& p) {
  const Tensor edges = interval_edges(p);
  const double total = number(masses_between(p, edges).sum());
  if (!(std::abs(total - 1) < 1e-9))
    fail("{} the masses of 64 intervals that make up the whole support add up to {:.10g}; expected 1", p.where(),
         total);
  for (int64_t i = 0; i + 2 < 65; i += 8) {
    const Tensor three = edges.slice(0, i, i + 3);
    const double parts = number(masses_between(p, three).sum());
    const double both = number(masses_between(p, at::stack({three[0], three[2]})));
    if (!(std::abs(parts - both) <= 1e-9 * std::max(both, 1e-3)))
      fail("{} the mass between {:.6g} and {:.6g} is {:.10g}, but those on both sides of {:.6g} add up to {:.10g}",
           p.where(), number(three[0]), number(three[2]), both, number(three[1]), parts);
  }
}

void expect_mass_is_the_integral(const Distribution& p) {
  const Tensor edges = interval_edges(p);
  for (int64_t i = 8; i < 56; i += 12) {
    const double lo = number(edges[i]), hi = number(edges[i + 3]);
    const double mass = number(p.log_mass(doubles({lo}).view({1, 1}), doubles({hi}).view({1, 1}))->exp());
    const double sum = integral(p, lo, hi);
    if (!(std::abs(mass - sum) < 1e-8 + 1e-6 * sum))
      fail("{} the mass between {:.6g} and {:.6g} is {:.10g}; the integral of exp(log_prob) is {:.10g}", p.where(), lo,
           hi, mass, sum);
  }
}

void expect_moment(const Distribution& p, const Tensor& said, const Tensor& found, double tolerance, const char* what) {
  const Tensor off = (said - found).abs();
  if (off.gt(found.abs() * 1e-4 + tolerance).logical_or(off.isnan()).any().item<bool>())
    fail("{} {} gives {}; under log_prob it is {}", p.where(), what, in_words(said), in_words(found));
}

// Values far from where the distribution is: densities, their gradients, and the masses of the tails.

constexpr double multiples[] = {5, 10, 20, 40, 100, 1000};

/// Where the distribution of one value is, by its samples.
struct Place {
  double middle, width;

  explicit Place(const Distribution& p) {
    const Tensor x = p.draws(512, 5).flatten();
    middle = number(x.median());
    width = number((x - middle).abs().mean());
  }
};

bool has_outliers(Support support) {
  return support == Support::real || support == Support::positive || support == Support::counts;
}

/// Values further and further away on one side, within the support.
std::vector<double> outliers(const Distribution& p, const Place& place, double side) {
  std::vector<double> values;
  for (const double multiple : multiples) {
    double x = place.middle + side * multiple * place.width;
    if (p.support() == Support::counts) x = std::ceil(x);
    if (p.support() == Support::real || x > 0) values.push_back(x);
  }
  return values;
}

/// A density whose tail does not fall has no integral; a floor under log_prob makes such a one.
void expect_tail_falls(const Distribution& p, const Place& place, const std::vector<double>& x) {
  if (x.size() < 2) return;
  const double near = x[x.size() - 2], far = x.back();
  const Tensor log_p = p.log_prob(doubles({near, far}).view({2, 1}));
  const auto weighted = [&](int64_t i, double at) { return number(log_p[i]) + std::log(std::abs(at - place.middle)); };
  if (!(weighted(1, far) < weighted(0, near)))
    fail(
        "{} log_prob is {} at x = {:.6g} and {} at x = {:.6g}: the tail does not fall, so that it has no finite "
        "integral; put no floor under log_prob",
        p.where(), in_words(log_p[0]), near, in_words(log_p[1]), far);
}

void expect_sound_at(const Distribution& p, double x) {
  const Tensor at_x = doubles({x}).view({1, 1}), log_p = p.log_prob(at_x);
  if (!log_p.isfinite().all().item<bool>())
    fail("{} log_prob at the outlier x = {:.6g} is {}; expected a finite number", p.where(), x, in_words(log_p));
  const Tensor raw = p.raw().clone().requires_grad_();
  if (raw.numel() == 0) return;
  expect_gradient([&] { return p.log_prob_at(at_x, raw).sum(); }, {{"the raw parameters", raw}},
                  fmt::format("{} at the outlier x = {:.6g}, log_prob", p.where(), x));
  if (raw.grad().defined() && !raw.grad().ne(0).any().item<bool>())
    fail(
        "{} the gradient of log_prob at the outlier x = {:.6g} is 0 by every raw parameter, so that nothing is learned "
        "from it; clamp nothing",
        p.where(), x);
}

void expect_log_mass(const Distribution& p, double lo, double hi, double expected) {
  const double found = number(*p.log_mass(doubles({lo}).view({1, 1}), doubles({hi}).view({1, 1})));
  if (!(std::abs(found - expected) <= 1e-6 + 1e-8 * std::abs(expected)))
    fail("{} the log of the mass between {:.6g} and {:.6g} is {:.10g}; the integral of exp(log_prob) gives {:.10g}",
         p.where(), lo, hi, found, expected);
}

/// How far x moves until the density has changed by a factor of about e.
double step_at(const Distribution& p, double x, double width) {
  const double h = 1e-4 * width;
  const Tensor log_p = p.log_prob(doubles({x - h, x + h}).view({2, 1}));
  const double slope = std::abs(number(log_p[1] - log_p[0])) / (2 * h);
  return slope * width > 1 ? 1 / slope : width;
}

void expect_tail_mass(const Distribution& p, double from, double end, double width) {
  if (!std::isfinite(number(p.log_prob(doubles({from}).view({1, 1}))))) return;
  const double step = step_at(p, from, width), next = from + (end > from ? step : -step) / 2;
  if (const auto tail = log_tail(p, from, end, step))
    expect_log_mass(p, std::min(from, end), std::max(from, end), *tail);
  const double lo = std::min(from, next), hi = std::max(from, next);
  if (lo < hi) expect_log_mass(p, lo, hi, log_integral(p, lo, hi));
}

void expect_tail_masses(const Distribution& p) {
  const Place place(p);
  if (!(place.width > 0)) return;
  const bool bounded = p.support() == Support::unit_interval;
  const double low_end = p.support() == Support::real ? -infinity : 0, high_end = bounded ? 1 : infinity;
  for (const double multiple : {5., 10., 20., 40., 100.}) {
    if (!bounded) expect_tail_mass(p, place.middle + multiple * place.width, high_end, place.width);
    if (p.support() == Support::real) expect_tail_mass(p, place.middle - multiple * place.width, low_end, place.width);
  }
  for (const double part : {0.25, 1. / 32, 1. / 1024}) {
    if (low_end == 0) expect_tail_mass(p, place.middle * part, 0, place.middle * part);
    if (bounded) expect_tail_mass(p, 1 - (1 - place.middle) * part, 1, (1 - place.middle) * part);
  }
}

}  // namespace

void check_normalisation(const LikelihoodSubject& subject) {
  for (const Distribution& p :
       joined({subject.distributions(), subject.pixel_distributions(), subject.far_distributions()})) {
    const Weighted all = whole(p);
    const double total = number(all.mass.sum());
    if (!(std::abs(total - 1) < out_of_reach + all.beyond))
      fail("{} {} to {:.8g}; expected 1", p.where(), how(p.support()), total);
  }
}

void check_intervals(const LikelihoodSubject& subject) {
  const auto distributions = subject.distributions();
  if (!distributions[0].offers_log_mass())
    skip("{}", is_countable(subject.support) ? "discrete likelihoods need none" : "it offers no interval_log_prob");
  if (is_countable(subject.support)) fail("a discrete likelihood has no interval_log_prob; expected nothing");
  for (const Distribution& p : distributions) {
    expect_masses_add_up(p);
    expect_mass_is_the_integral(p);
  }
  for (const Distribution& p : subject.far_distributions()) {
    const Tensor mass = masses_between(p, interval_edges(p));
    if (!(std::abs(number(mass.sum()) - 1) < 1e-6))
      fail("{} the masses of 64 intervals that make up the whole support add up to {:.10g}; expected 1", p.where(),
           number(mass.sum()));
  }
}

void check_moments(const LikelihoodSubject& subject) {
  if (!subject.distributions()[0].has_mean()) skip("it has no mean, as it says");
  for (const Distribution& p : subject.distributions()) {
    const Weighted all = whole(p);
    const Tensor x = all.x.flatten(1), largest = x.abs().max(), weight = all.mass.view({-1, 1});
    if (all.beyond > out_of_reach || !all.mass.isfinite().all().item<bool>()) continue;
    const Tensor mean = (x * weight).sum(0), variance = ((x - mean).square() * weight).sum(0);
    // Heavy tails: the part of the moment that lies in the outermost nodes tells whether there is a moment at all.
    const Tensor tail = (x.square() * weight).masked_select(x.abs() > largest * 1e-4).sum();
    expect_moment(p, p.mean().flatten(), mean, 1e-7 + 1e-4 * std::sqrt(number(variance.max())), "mean()");
    const auto said = p.variance();
    if (!said || said->isinf().any().item<bool>()) continue;
    const bool has_tails = p.support() == Support::real || p.support() == Support::positive;
    if (has_tails && number(tail) > 1e-6 * number(variance.max())) continue;
    expect_moment(p, said->flatten(), variance, 1e-9, "variance()");
  }
}

void check_outliers(const LikelihoodSubject& subject) {
  if (!has_outliers(subject.support)) skip("no value of x is far from the others");
  for (const Distribution& p : subject.distributions()) {
    const Place place(p);
    if (!(place.width > 0)) continue;
    for (const double side : {1., -1.}) {
      const auto x = outliers(p, place, side);
      for (const double value : x) expect_sound_at(p, value);
      if (p.support() == Support::real || side > 0) expect_tail_falls(p, place, x);
    }
  }
}

void check_tail_masses(const LikelihoodSubject& subject) {
  const auto distributions = subject.distributions();
  if (is_countable(subject.support)) skip("discrete likelihoods need none");
  if (!distributions[0].offers_log_mass()) skip("it offers no interval_log_prob");
  try {
    for (const Distribution& p : distributions) expect_tail_masses(p);
  } catch (const Error& refusal) {
    skip("it refuses masses so far out: {}", refusal.what());  // in words, which is no wrong number
  }
}

}  // namespace elbo::host::conformance
