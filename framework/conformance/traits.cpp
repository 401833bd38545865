#include "conformance/traits.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_svdvals.h>

#include <algorithm>
#include <cmath>

#include "conformance/likelihood.hpp"
#include "conformance/own_mass.hpp"
#include "conformance/quadrature.hpp"
#include "model/load_plugin.hpp"

namespace elbo::conformance {
namespace {

using plugins::Traits;
using Settings = std::vector<Setting>;

/// Of three where their sum is given, else of one value.
std::shared_ptr<Likelihood> small(const LikelihoodSubject& subject, const Settings& settings) {
  return subject.make(subject.support == Support::simplex_counts ? Shape{3} : Shape{1}, settings);
}

/// In how many independent ways the decoder can move the log p of one value: the rank of its derivatives by the decoder's
/// outputs, at many values of x. A location alone is one.
int64_t freedoms(const std::shared_ptr<Likelihood>& likelihood, uint64_t seed) {
  if (numel(likelihood->params()) < 2) return numel(likelihood->params());
  const Law law(likelihood, varied_raw(*likelihood, 1, 1, seed)[0][0]);
  const Tensor x = is_countable(law.support())
                       ? at::arange(law.support() == Support::binary ? 2 : 32, at::kDouble).view({-1, 1})
                       : law.draws(32, seed).to(at::kDouble);
  const Tensor slopes = law.score(x), sizes = slopes.norm(2, 0);
  const Tensor moved = slopes / sizes.clamp_min(1e-12);
  return at::linalg_svdvals(moved).gt(1e-6).sum().item<int64_t>();
}

bool has_own_spread(const LikelihoodSubject& subject, const Settings& settings) {
  const auto likelihood = small(subject, settings);
  if (likelihood->given() != Given::nothing) return false;  // not told of one value
  for (const uint64_t seed : {1, 2, 3})
    if (freedoms(likelihood, seed) > 1) return true;
  return false;
}

/// The first choice of an option that makes it so: its settings, and in words 'scale = "per_pixel"'.
struct Remedy {
  std::string words;
  Settings settings;
};

template <class Test>
std::optional<Remedy> remedy(const PluginChoice& choice, Test&& test) {
  for (const Option& option : plugins::options_of_plugin(choice))
    for (const std::string& value : option.choices) {
      Remedy tried{option.name + " = \"" + value + "\"", choice.settings};
      std::erase_if(tried.settings, [&](const Setting& s) { return s.name == option.name; });
      tried.settings.push_back({option.name, value});
      try {
        if (test(tried.settings)) return tried;
      } catch (const std::exception&) {
        continue;  // a combination that it refuses
      }
    }
  return {};
}

bool gives_masses(const Likelihood& likelihood) {
  const Tensor ones = at::ones_like(at::empty(Shape{1} + likelihood.context().observation.shape, at::kDouble));
  const Theta theta = theta_of(likelihood, varied_raw(likelihood, 1, 1, 0));
  return likelihood.interval_log_prob(ones * 0.25, ones * 0.75, theta).has_value();
}

bool is_finite_at_ends(const LikelihoodSubject& subject) {
  const Tensor ends = doubles({0, 1}).view({2, 1});
  for (const Law& law : subject.laws())
    if (!law.log_prob(ends).isfinite().all().item<bool>()) return false;
  return true;
}

/// Variance / mean, by variance() or, where there is none, by the probabilities; nothing where they cannot be had.
std::optional<double> dispersion_of(const Law& law) {
  if (!law.has_mean()) return {};
  double mean = number(law.mean()), variance = 0;
  if (const auto said = law.variance()) {
    variance = number(*said);
  } else {
    if (!(mean < 1e4)) return {};
    const Weighted all = whole(law);
    if (all.beyond > 1e-9) return {};
    const Tensor x = all.x.flatten();
    mean = number((x * all.mass).sum());
    variance = number(((x - mean).square() * all.mass).sum());
  }
  if (!(mean > 0.02 && mean < 1e5 && std::isfinite(variance))) return {};
  return variance / mean;
}

void find_dispersions(const LikelihoodSubject& subject, Traits& traits) {
  std::vector<double> found;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    const auto likelihood = subject.make({1});
    perturb(*likelihood, 1.5, seed);
    const double reach = seed % 2 == 0 ? 2 : 5;  // far enough for dispersions that grow with the mean
    if (const auto ratio = dispersion_of(Law(likelihood, varied_raw(*likelihood, 1, 1, seed, reach)[0][0])))
      found.push_back(*ratio);
  }
  if (found.empty()) return;
  traits.least_dispersion = *std::min_element(found.begin(), found.end());
  traits.most_dispersion = *std::max_element(found.begin(), found.end());
}

/// What a family of laws can do: that of the counts without a total that is given, where the likelihood has that.
void find_shapes(LikelihoodSubject subject, Traits& traits) {
  if (small(subject, subject.choice.settings)->given() != Given::nothing) {
    const auto without =
        remedy(subject.choice, [&](const Settings& s) { return small(subject, s)->given() == Given::nothing; });
    if (!without) return;
    subject.choice.settings = without->settings;
  }
  if (subject.support == Support::unit_interval) traits.finite_at_ends = is_finite_at_ends(subject);
  if (subject.support == Support::counts) find_dispersions(subject, traits);
  traits.own_lowest = has_own_mass(subject, End::lowest);
  traits.own_highest = has_own_mass(subject, End::highest);
}

}  // namespace

Traits traits_of(const PluginChoice& choice) {
  const at::AutoGradMode with_gradients(true);
  const LikelihoodSubject subject = likelihood_subject(choice);
  Traits traits;
  const auto likelihood = small(subject, choice.settings);
  traits.support = likelihood->support();
  traits.given = likelihood->given();
  traits.has_interval = gives_masses(*likelihood);
  if (subject.support == Support::binary) return traits;  // a probability is all there is to a value
  find_shapes(subject, traits);
  if (subject.support == Support::counts && traits.given == Given::nothing)
    if (const auto found =
            remedy(choice, [&](const Settings& s) { return small(subject, s)->given() != Given::nothing; }))
      traits.for_given_total = found->words;
  if (traits.given != Given::nothing) return traits;
  traits.own_spread = has_own_spread(subject, choice.settings);
  if (!traits.own_spread && !(traits.own_lowest && traits.own_highest))
    if (const auto found = remedy(choice, [&](const Settings& s) { return has_own_spread(subject, s); }))
      traits.for_own_spread = found->words;
  return traits;
}

}  // namespace elbo::conformance
