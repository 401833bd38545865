#include "evidence/ais.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace elbo::host {
namespace {

constexpr int64_t pilot_chains = 4, pilot_moves_at_start = 30;
constexpr double fast = 0.5, slow = 0.1;  // gains of the step size, before the first temperature and from there on

double sigmoid(double t) { return 1 / (1 + std::exp(-t)); }

LogDensity annealed_density(const AisPath& path, double b) {
  return [&path, b](const Tensor& z) { return (1 - b) * path.log_start(z) + b * path.log_joint(z); };
}

/// log p(x, z) - log f_0(z) [S, B]: what a step in temperature multiplies the weight by, to the power of the step.
Tensor rise(const AisPath& path, const Tensor& z) {
  const at::NoGradGuard no_gradients;
  return (path.log_joint(z) - path.log_start(z)).to(at::kDouble);
}

Rng move_noise(const Rng& rng, size_t t) { return rng.fork("move", t); }

}  // namespace

std::vector<double> temperatures(int64_t count) {
  constexpr double reach = 4;
  const auto at = [&](int64_t t) {
    return sigmoid(reach * (2 * static_cast<double>(t) / static_cast<double>(count) - 1));
  };
  std::vector<double> b;
  for (int64_t t = 0; t <= count; ++t) b.push_back((at(t) - at(0)) / (at(count) - at(0)));
  return b;
}

std::vector<Tensor> pilot(const AisPath& path, const AisSettings& s, const Rng& rng) {
  const std::vector<double> b = temperatures(s.temperatures);
  Tensor z = path.start.narrow(0, 0, std::min(pilot_chains, path.start.size(0)));
  Tensor step = elbo::full({z.size(1)}, 0.1, z).to(at::kDouble);
  const auto move = [&](const LogDensity& f, const Rng& noise, double gain) {
    const Move m = hmc_move(f, z, step, s.leapfrog_steps, noise);
    z = m.z;
    step = adapted(step, m, s.acceptance, gain);
  };
  for (size_t i = 0; i < pilot_moves_at_start; ++i) move(annealed_density(path, 0), rng.fork("begin", i), fast);
  std::vector<Tensor> steps;
  for (size_t t = 1; t < b.size(); ++t) {
    move(annealed_density(path, b[t]), move_noise(rng, t), slow);
    steps.push_back(step);
  }
  return steps;
}

Tensor forward_log_weights(const AisPath& path, const std::vector<Tensor>& steps, const AisSettings& s, const Rng& rng,
                           Tensor* acceptance) {
  const std::vector<double> b = temperatures(s.temperatures);
  Tensor z = path.start, log_w, accepted;
  for (size_t t = 1; t < b.size(); ++t) {
    const Tensor part = (b[t] - b[t - 1]) * rise(path, z);
    log_w = log_w.defined() ? log_w + part : part;
    if (t + 1 == b.size()) break;  // a move under p(z|x) itself adds nothing
    const Move move = hmc_move(annealed_density(path, b[t]), z, steps[t - 1], s.leapfrog_steps, move_noise(rng, t));
    z = move.z;
    accepted = accepted.defined() ? accepted + move.acceptance.mean(0) : move.acceptance.mean(0);
  }
  if (acceptance)
    *acceptance = accepted.defined() ? accepted / static_cast<double>(b.size() - 2) : elbo::zeros({z.size(1)}, z);
  return log_w;
}

Tensor reverse_log_weights(const AisPath& path, const Tensor& from, const std::vector<Tensor>& steps,
                           const AisSettings& s, const Rng& rng) {
  const std::vector<double> b = temperatures(s.temperatures);
  Tensor z = from, log_w = (b[b.size() - 1] - b[b.size() - 2]) * rise(path, z);
  for (size_t t = b.size() - 2; t > 0; --t) {
    z = hmc_move(annealed_density(path, b[t]), z, steps[t - 1], s.leapfrog_steps, move_noise(rng, t)).z;
    log_w = log_w + (b[t] - b[t - 1]) * rise(path, z);
  }
  return log_w;
}

Simulated simulated(const Model& model, const BatchSource& source, const Tensor& given_ids, const Tensor& like,
                    const Rng& rng) {
  const at::NoGradGuard no_gradients;
  const Tensor ids = given_ids.to(at::kCPU);
  std::vector<Tensor> latent, drawn;
  for (int64_t b = 0; b < ids.size(0); ++b) {
    const auto id = static_cast<uint64_t>(ids.data_ptr<int64_t>()[b]);
    Rng prior = rng.fork("prior", id).like(like), noise = rng.fork("likelihood", id).like(like);
    latent.push_back(model.prior->sample(1, prior).to(like.scalar_type()));
    drawn.push_back(
        model.likelihood
            ->sample(decode(model, latent.back().unsqueeze(1), source.condition_of(Part::test, ids.slice(0, b, b + 1))),
                     noise)
            .squeeze(0)
            .to(like.scalar_type()));
  }
  return {source.sampled(elbo::cat(drawn, 0), ids), elbo::cat(latent, 0).unsqueeze(0)};
}

}  // namespace elbo::host
