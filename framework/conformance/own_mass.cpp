#include "conformance/own_mass.hpp"

#include <cmath>

namespace elbo::conformance {
namespace {

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

/// As the data of that law are scored: [m] values, or ends of intervals, the outermost ones open.
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

}  // namespace

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

}  // namespace elbo::conformance
