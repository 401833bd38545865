// What is summed or integrated over the whole support.
#include <cmath>

#include "conformance/likelihood.hpp"
#include "conformance/quadrature.hpp"

namespace elbo::conformance {
namespace {

constexpr double out_of_reach = 1e-6;

const char* how(Support support) {
  return is_countable(support) ? "the probabilities of all values add up" : "the density integrates";
}

std::vector<Law> all_laws(const LikelihoodSubject& subject) {
  std::vector<Law> laws = subject.laws();
  for (Law& law : subject.pixel_laws()) laws.push_back(std::move(law));
  for (Law& law : subject.far_laws()) laws.push_back(std::move(law));
  return laws;
}

/// 64 intervals, or the whole support, that leave nothing out, about where the law is.
Tensor edges_for(const Law& law) {
  if (law.support() == Support::unit_interval) return at::linspace(0, 1, 65, at::kDouble);
  const Tensor x = law.draws(512, 5).flatten();
  Tensor edges = at::linspace(number(x.quantile(0.02)), number(x.quantile(0.98)), 65, at::kDouble);
  edges[0] = law.support() == Support::real ? -infinity : 0;
  edges[64] = infinity;
  return edges;
}

Tensor masses_between(const Law& law, const Tensor& edges) {
  return law.log_mass(edges.slice(0, 0, -1).view({-1, 1}), edges.slice(0, 1).view({-1, 1}))->exp();
}

void expect_masses_add_up(const Law& law) {
  const Tensor edges = edges_for(law);
  const double total = number(masses_between(law, edges).sum());
  if (!(std::abs(total - 1) < 1e-9))
    fail("{} the masses of 64 intervals that make up the whole support add up to {:.10g}; expected 1", law.where(),
         total);
  for (int64_t i = 0; i + 2 < 65; i += 8) {
    const Tensor three = edges.slice(0, i, i + 3);
    const double parts = number(masses_between(law, three).sum());
    const double both = number(masses_between(law, at::stack({three[0], three[2]})));
    if (!(std::abs(parts - both) <= 1e-9 * std::max(both, 1e-3)))
      fail("{} the mass between {:.6g} and {:.6g} is {:.10g}, but those on both sides of {:.6g} add up to {:.10g}",
           law.where(), number(three[0]), number(three[2]), both, number(three[1]), parts);
  }
}

void expect_mass_is_the_integral(const Law& law) {
  const Tensor edges = edges_for(law);
  for (int64_t i = 8; i < 56; i += 12) {
    const double lo = number(edges[i]), hi = number(edges[i + 3]);
    const double mass = number(law.log_mass(doubles({lo}).view({1, 1}), doubles({hi}).view({1, 1}))->exp());
    const double sum = integral(law, lo, hi);
    if (!(std::abs(mass - sum) < 1e-8 + 1e-6 * sum))
      fail("{} the mass between {:.6g} and {:.6g} is {:.10g}; the integral of exp(log_prob) is {:.10g}", law.where(),
           lo, hi, mass, sum);
  }
}

void expect_moment(const Law& law, const Tensor& said, const Tensor& found, double tolerance, const char* what) {
  const Tensor off = (said - found).abs();
  if (off.gt(found.abs() * 1e-4 + tolerance).logical_or(off.isnan()).any().item<bool>())
    fail("{} {} gives {}; under log_prob it is {}", law.where(), what, in_words(said), in_words(found));
}

}  // namespace

void check_normalisation(const LikelihoodSubject& subject) {
  for (const Law& law : all_laws(subject)) {
    const Weighted all = whole(law);
    const double total = number(all.mass.sum());
    if (!(std::abs(total - 1) < out_of_reach + all.beyond))
      fail("{} {} to {:.8g}; expected 1", law.where(), how(law.support()), total);
  }
}

void check_intervals(const LikelihoodSubject& subject) {
  const auto laws = subject.laws();
  const Shape& shape = laws[0].shape();
  if (!laws[0].log_mass(at::full(Shape{1} + shape, 0.25, at::kDouble), at::full(Shape{1} + shape, 0.75, at::kDouble)))
    skip("{}", is_countable(subject.support) ? "discrete likelihoods need none" : "it offers no interval_log_prob");
  if (is_countable(subject.support)) fail("a discrete likelihood has no interval_log_prob; expected nothing");
  for (const Law& law : laws) {
    expect_masses_add_up(law);
    expect_mass_is_the_integral(law);
  }
  for (const Law& law : subject.far_laws()) {
    const Tensor mass = masses_between(law, edges_for(law));
    if (!(std::abs(number(mass.sum()) - 1) < 1e-6))
      fail("{} the masses of 64 intervals that make up the whole support add up to {:.10g}; expected 1", law.where(),
           number(mass.sum()));
  }
}

void check_moments(const LikelihoodSubject& subject) {
  if (!subject.laws()[0].has_mean()) skip("it has no mean, as it says");
  for (const Law& law : subject.laws()) {
    const Weighted all = whole(law);
    const Tensor x = all.x.flatten(1), largest = x.abs().max(), weight = all.mass.view({-1, 1});
    if (all.beyond > out_of_reach || !all.mass.isfinite().all().item<bool>()) continue;
    const Tensor mean = (x * weight).sum(0), variance = ((x - mean).square() * weight).sum(0);
    // Heavy tails: the part of the moment that lies in the outermost nodes tells whether there is a moment at all.
    const Tensor tail = (x.square() * weight).masked_select(x.abs() > largest * 1e-4).sum();
    expect_moment(law, law.mean().flatten(), mean, 1e-7 + 1e-4 * std::sqrt(number(variance.max())), "mean()");
    const auto said = law.variance();
    if (!said || said->isinf().any().item<bool>()) continue;
    const bool has_tails = law.support() == Support::real || law.support() == Support::positive;
    if (has_tails && number(tail) > 1e-6 * number(variance.max())) continue;
    expect_moment(law, said->flatten(), variance, 1e-9, "variance()");
  }
}

}  // namespace elbo::conformance
