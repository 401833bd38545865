#include "evidence/annealing.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace elbo::host {
namespace {

constexpr int64_t fewest_temperatures = 4, leapfrog_steps = 3, pilots = 8;
constexpr double acceptance = 0.8, least_effective_share = 0.3;

AisSettings settings_of(int64_t temperatures, int64_t chains) {
  return {.temperatures = temperatures, .chains = chains, .leapfrog_steps = leapfrog_steps, .acceptance = acceptance};
}

bool same(const WeightSummary& a, const WeightSummary& b) {
  return std::abs(a.log_mean - b.log_mean) <= 2 * std::hypot(a.standard_error, b.standard_error);
}

}  // namespace

RefinedPath::RefinedPath(const LatentDensity& f, int64_t datum, StudentT proposal, const Rng& noise)
    : f_(f), datum_(datum), proposal_(std::move(proposal)), noise_(noise) {
  const Location& at = proposal_.parts().front().at;
  const double log_det = at.log_det();
  path_.log_start = [this, &at, log_det](const Tensor& u) {
    return (proposal_.log_prob(at.unwhitened(u.squeeze(1))) + log_det).unsqueeze(1);
  };
  path_.log_joint = [this, &at, log_det](const Tensor& u) {
    return (f_.log_joint(at.unwhitened(u.squeeze(1)), datum_) + log_det).unsqueeze(1);
  };
}

std::vector<Tensor> RefinedPath::pilot(int64_t temperatures) const {
  AisPath path = path_;
  const Tensor y = proposal_.rounded(pilots).sample(pilots, noise_.fork("pilot start"));
  path.start = proposal_.parts().front().at.whitened(y).unsqueeze(1);
  return elbo::host::pilot(path, settings_of(temperatures, pilots),
                           noise_.fork("pilot", static_cast<uint64_t>(temperatures)));
}

std::vector<double> RefinedPath::forward(const std::vector<Tensor>& steps, int64_t chains) const {
  const auto temperatures = static_cast<int64_t>(steps.size());
  const Rng noise = noise_.fork("forward", steps.size());
  AisPath path = path_;
  const Tensor y = proposal_.rounded(chains).sample(chains, noise.fork("start"));
  path.start = proposal_.parts().front().at.whitened(y).unsqueeze(1);
  const Tensor log_w = forward_log_weights(path, steps, settings_of(temperatures, chains), noise).contiguous();
  return {log_w.data_ptr<double>(), log_w.data_ptr<double>() + log_w.numel()};
}

double RefinedPath::reverse(const Tensor& y, const std::vector<Tensor>& steps, const Rng& rng) const {
  const Tensor u = proposal_.parts().front().at.whitened(y.unsqueeze(0)).unsqueeze(1);
  const auto temperatures = static_cast<int64_t>(steps.size());
  return reverse_log_weights(path_, u, steps, settings_of(temperatures, 1), rng).item<double>();
}

AnnealedWeights anneal(const RefinedPath& path, int64_t chains, int64_t most_temperatures, int64_t in_a_row) {
  const at::NoGradGuard no_gradients;
  AnnealedWeights last;
  int64_t passed = 0;
  for (int64_t t = fewest_temperatures; t <= std::max(most_temperatures, fewest_temperatures); t *= 2) {
    AnnealedWeights now;
    now.steps = path.pilot(t);
    now.log_weights = path.forward(now.steps, chains);
    now.summary = summarise(now.log_weights);
    const bool passes = is_trusted(now.summary, least_effective_share * static_cast<double>(chains));
    passed = !passes ? 0 : passed > 0 && same(now.summary, last.summary) ? passed + 1 : 1;
    now.accepted = passed >= in_a_row;
    last = std::move(now);
    if (last.accepted) break;
  }
  return last;
}

}  // namespace elbo::host
