#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_svdvals.h>

#include <algorithm>
#include <cmath>

#include "conformance/check.hpp"
#include "conformance/likelihood/distribution.hpp"
#include "conformance/likelihood/likelihood.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

/// An end of the values: zeros, or the lowest or highest level.
enum class End { lowest, highest };

constexpr int64_t levels = 32, counts_asked = 64;
constexpr double enough = 0.2;  // nats above the masses' entropy; one bump of two parameters stays above 0.5

/// Half the mass at the end, half in a bump of a tenth of the range in the other half of it.
Tensor end_and_bump(Support support, End end) {
  const bool are_counts = support == Support::counts;
  const Tensor k = at::arange(are_counts ? counts_asked : levels, at::kDouble);
  const double middle = 20,
               variance = are_counts ? middle : 6;  // of counts as Poisson's, which a dispersion can only widen
  const Tensor bump = ((k - middle).square() / (-2 * variance)).exp();
  Tensor mass = bump / (2 * bump.sum());
  mass[0] += 0.5;
  return end == End::lowest ? mass : mass.flip(0);
}

/// As the data of that distribution are scored: [m] values, or ends of intervals, the outermost ones open.
class Cells {
 public:
  Cells(const Likelihood& likelihood, int64_t m)
      : likelihood_(likelihood), k_(at::arange(m, at::kDouble).view({m, 1})) {
    if (is_countable(likelihood.support())) return;
    lo_ = k_ / static_cast<double>(m);
    hi_ = (k_ + 1) / static_cast<double>(m);
    if (likelihood.support() == Support::real) lo_[0] = -infinity;
    if (likelihood.support() != Support::unit_interval) hi_[m - 1] = infinity;
  }

  /// raw [numel(params)] -> [m], or nothing where there are no masses of intervals.
  std::optional<Tensor> log_masses(const Tensor& raw) const {
    const Theta theta(likelihood_.params(), raw.expand({1, k_.size(0), raw.size(0)}));
    if (!lo_.defined()) return likelihood_.log_prob(k_, theta)[0];
    const auto masses = likelihood_.interval_log_prob(lo_, hi_, theta);
    return masses ? std::optional((*masses)[0]) : std::nullopt;
  }

  /// 1000 data [n, 1] with these masses.
  Tensor data(const Tensor& mass) const {
    const Tensor place = ((at::arange(1000, at::kDouble) + 0.5) / 1000);
    const Tensor k = at::searchsorted(mass.cumsum(0), place).clamp_max(mass.numel() - 1).to(at::kDouble).view({-1, 1});
    return lo_.defined() ? (k + 0.5) / static_cast<double>(mass.numel()) : k;
  }

 private:
  const Likelihood& likelihood_;
  Tensor k_, lo_, hi_;
};

/// Kingma & Ba (2015), on float64 leaves.
class SmallAdam {
 public:
  explicit SmallAdam(std::vector<Tensor> leaves) : leaves_(std::move(leaves)) {
    for (const Tensor& leaf : leaves_)
      first_.push_back(at::zeros_like(leaf.detach())), second_.push_back(at::zeros_like(leaf.detach()));
  }
  void step(double lr) {
    ++steps_;
    for (size_t i = 0; i < leaves_.size(); ++i) {
      const Tensor g = leaves_[i].grad();
      if (!g.defined()) continue;
      first_[i] = first_[i] * 0.9 + g * 0.1;
      second_[i] = second_[i] * 0.99 + g.square() * 0.01;
      const Tensor m = first_[i] / (1 - std::pow(0.9, steps_)), v = second_[i] / (1 - std::pow(0.99, steps_));
      leaves_[i].detach().sub_(m / (v.sqrt() + 1e-10) * lr);
      leaves_[i].mutable_grad() = Tensor();
    }
  }

 private:
  std::vector<Tensor> leaves_, first_, second_;
  int steps_ = 0;
};

/// Whether the fit comes within `enough` of the masses; it starts where init_from says, or at drawn parameters.
bool matches(Likelihood& likelihood, const Cells& cells, const Tensor& mass, uint64_t seed) {
  constexpr int steps = 300, span = 50;
  constexpr double still = 0.02;  // nats gained in so many steps, below which the fit has settled
  auto start = seed == 0 ? likelihood.init_from(statistics_of(cells.data(mass), likelihood.context().observation))
                         : std::nullopt;
  Tensor raw =
      (start ? start->detach().to(at::kDouble) : varied_raw(likelihood, 1, 1, seed)[0][0]).clone().requires_grad_();
  std::vector<Tensor> leaves = {raw};
  for (const auto& [name, t] : likelihood.named_parameters()) leaves.push_back(t);
  SmallAdam adam(leaves);
  double before = infinity;
  for (int i = 0; i < steps; ++i) {
    const auto log_p = cells.log_masses(raw);
    if (!log_p) return true;
    const Tensor loss = (mass * (mass.clamp_min(1e-300).log() - log_p->clamp_min(-1e3))).sum();
    const double nats = number(loss.detach());
    if (!std::isfinite(nats)) return false;
    if (nats < enough) return true;
    if (i % span == 0 && i >= steps / 2 && before - nats < still) return false;
    if (i % span == 0) before = nats;
    if (!loss.requires_grad()) return false;
    loss.backward();
    adam.step(i < steps / 2 ? 0.2 : 0.05);
  }
  return false;
}

/// Whether the distribution of one value can put half of its mass at this end and the other half into a bump elsewhere: the
/// likelihood is fitted to such masses, which one bump, however wide or skewed, cannot match. Of levels, of densities by the
/// masses of 32 intervals, and of counts, which have no highest. True where it cannot be asked.
bool has_own_mass(const LikelihoodSubject& asked, End end) {
  const Support support = asked.support;
  const bool are_counts = support == Support::counts;
  if (support == Support::binary || support == Support::simplex_counts || (are_counts && end == End::highest))
    return true;
  LikelihoodSubject subject = asked;
  subject.levels = levels;
  const Tensor mass = end_and_bump(support, end);
  for (const uint64_t seed : {0, 1, 2}) {
    const auto likelihood = subject.make({1});
    if (matches(*likelihood, Cells(*likelihood, mass.numel()), mass, seed)) return true;
  }
  return false;
}

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
  const Distribution p(likelihood, varied_raw(*likelihood, 1, 1, seed)[0][0]);
  const Tensor x = is_countable(p.support())
                       ? at::arange(p.support() == Support::binary ? 2 : 32, at::kDouble).view({-1, 1})
                       : p.draws(32, seed).to(at::kDouble);
  const Tensor slopes = p.score(x), sizes = slopes.norm(2, 0);
  const Tensor moved = slopes / sizes.clamp_min(1e-12);
  return at::linalg_svdvals(moved).gt(1e-6).sum().item<int64_t>();
}

bool has_own_spread(const LikelihoodSubject& subject, const Settings& settings) {
  const auto likelihood = small(subject, settings);
  if (likelihood->conditioning() != Conditioning::nothing) return false;  // not told of one value
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

bool is_finite_at_ends(const LikelihoodSubject& subject) {
  const Tensor ends = doubles({0, 1}).view({2, 1});
  for (const Distribution& p : subject.distributions())
    if (!p.log_prob(ends).isfinite().all().item<bool>()) return false;
  return true;
}

/// Variance / mean, by variance() or, where there is none, by the probabilities; nothing where they cannot be had.
std::optional<double> dispersion_of(const Distribution& p) {
  if (!p.has_mean()) return {};
  double mean = number(p.mean()), variance = 0;
  if (const auto said = p.variance()) {
    variance = number(*said);
  } else {
    if (!(mean < 1e4)) return {};
    const Weighted all = whole(p);
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
    if (const auto ratio = dispersion_of(Distribution(likelihood, varied_raw(*likelihood, 1, 1, seed, reach)[0][0])))
      found.push_back(*ratio);
  }
  if (found.empty()) return;
  traits.least_dispersion = *std::min_element(found.begin(), found.end());
  traits.most_dispersion = *std::max_element(found.begin(), found.end());
}

/// What a family of distributions can do: that of the counts without a total that is given, where the likelihood has that.
void find_shapes(LikelihoodSubject subject, Traits& traits) {
  if (small(subject, subject.choice.settings)->conditioning() != Conditioning::nothing) {
    const auto without = remedy(
        subject.choice, [&](const Settings& s) { return small(subject, s)->conditioning() == Conditioning::nothing; });
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
  traits.conditioning = likelihood->conditioning();
  traits.has_interval = Distribution(likelihood, varied_raw(*likelihood, 1, 1, 0)[0][0]).offers_log_mass();
  if (subject.support == Support::binary) return traits;  // a probability is all there is to a value
  find_shapes(subject, traits);
  if (subject.support == Support::counts && traits.conditioning == Conditioning::nothing)
    if (const auto found = remedy(
            choice, [&](const Settings& s) { return small(subject, s)->conditioning() != Conditioning::nothing; }))
      traits.for_given_total = found->words;
  if (traits.conditioning != Conditioning::nothing) return traits;
  traits.own_spread = has_own_spread(subject, choice.settings);
  if (!traits.own_spread && !(traits.own_lowest && traits.own_highest))
    if (const auto found = remedy(choice, [&](const Settings& s) { return has_own_spread(subject, s); }))
      traits.for_own_spread = found->words;
  return traits;
}

}  // namespace elbo::host::conformance
