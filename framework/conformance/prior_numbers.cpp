// Priors against exact numbers: integrals, divergences and derivatives.
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/network.hpp"
#include "conformance/prior.hpp"
#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t most_numbers = 300;  // that are differentiated one by one

/// The trapezoidal rule in u, z_j = centre_j + width_j sinh(u_j): dense about the draws, and far into the tails.
struct Grid {
  Tensor z, weight;  // [m, L], [m]
};

Grid grid(const Tensor& draws, double reach, double step) {
  const Tensor u = at::arange(-reach, reach + step / 2, step, at::kDouble);
  const int64_t latent_dim = draws.size(1);
  const Tensor centre = std::get<0>(draws.median(0)), width = (draws - centre).abs().mean(0);
  const auto axis = [&](int64_t j, const Tensor& at) { return centre[j] + width[j] * at.sinh(); };
  const auto slope = [&](int64_t j, const Tensor& at) { return width[j] * at.cosh() * step; };
  if (latent_dim == 1) return {axis(0, u).unsqueeze(1), slope(0, u)};
  const Tensor a = u.repeat_interleave(u.numel()), b = u.repeat({u.numel()});
  return {at::stack({axis(0, a), axis(1, b)}, 1), slope(0, a) * slope(1, b)};
}

/// Of the density, and whether it is 0 somewhere: a jump costs the rule most of its digits.
struct Total {
  double mass = 0;
  bool jumps = false;
};

Total total(const Prior& prior, const Grid& grid) {
  constexpr int64_t chunk = 20000;
  Total total;
  for (int64_t first = 0; first < grid.z.size(0); first += chunk) {
    const Tensor log_p = log_prob(prior, grid.z.slice(0, first, first + chunk));
    total.mass += number((log_p.exp() * grid.weight.slice(0, first, first + chunk)).sum());
    total.jumps = total.jumps || log_p.isinf().any().item<bool>();
  }
  return total;
}

std::vector<std::pair<std::string, std::unique_ptr<Posterior>>> posteriors() {
  std::vector<std::pair<std::string, std::unique_ptr<Posterior>>> all;
  for (const auto& [mean, log_scale] : {std::pair{0., 0.}, {0.5, -0.5}, {-2., -1.}, {1., 0.3}, {3., -3.}}) {
    const Tensor m = doubles({mean, mean / 2}).view({1, 2}), s = doubles({log_scale, log_scale / 2}).view({1, 2});
    const Tensor below = doubles({0, 0, mean - 0.7, 0}).view({1, 2, 2});
    const std::string at =
        fmt::format(" with mean {:g}, {:g} and log scale {:g}, {:g}", mean, mean / 2, log_scale, log_scale / 2);
    all.emplace_back("a diagonal normal q" + at, diagonal_normal(m, s));
    all.emplace_back("a full normal q" + at, full_normal(m, s, below));
    all.emplace_back("a Laplace q" + at, laplace(m, s));
    all.emplace_back(fmt::format("a uniform q at {:g}, of log width {:g}", mean, log_scale), uniform(m, s));
    all.emplace_back("a von Mises-Fisher q towards the mean" + at, von_mises_fisher(m, -2 * s.select(1, 0)));
  }
  const Tensor far = doubles({40, -25}).view({1, 2}), narrow = doubles({-8, -6}).view({1, 2});
  all.emplace_back("a narrow diagonal normal q far away, at 40, -25,", diagonal_normal(far, narrow));
  all.emplace_back("a narrow Laplace q far away, at 40, -25,", laplace(far, narrow));
  return all;
}

}  // namespace

void check_prior_quadrature(const PluginChoice& choice) {
  if (make_prior(choice, 2)->is_on_sphere()) return check_sphere_quadrature(choice);
  for (const int64_t latent_dim : {1, 2}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Grid nodes = latent_dim == 1 ? grid(draws(*prior, 4000, 2), 30, 3e-4) : grid(draws(*prior, 4000, 2), 8, 0.04);
    const Total t = total(*prior, nodes);
    const double tolerance = (latent_dim == 1 ? 1e-4 : 2e-3) * (t.jumps ? 20 : 1);
    if (!(std::abs(t.mass - 1) < tolerance))
      fail("for L = {} the density integrates to {:.6g}; expected 1", latent_dim, t.mass);
  }
}

void check_prior_kl(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, 2);
  bool offers_any = false;
  for (const auto& [words, q] : posteriors()) {
    const auto kl = closed_form(*prior, *q);
    if (!kl) continue;
    offers_any = true;
    Rng rng = double_rng(12);
    const Draw draw = q->draw(prior_draws, rng);
    const Tensor log_ratio = (draw.log_prob - prior->log_prob(draw.z)).detach().flatten();
    const double total = number(kl->sum()), z = z_of_mean(log_ratio, total);
    if (!(std::abs(z) < largest_z))
      fail(
          "for {} the KL in closed form is {:.6g}; the mean of log q - log p over {} draws is {:.6g} ({:.1f} standard "
          "errors)",
          words, total, prior_draws, number(log_ratio.mean()), std::abs(z));
    if (!(number(kl->min()) > -1e-12))
      fail("for {} the KL of a latent is {:.6g}; a KL is never negative", words, number(kl->min()));
  }
  if (!offers_any) skip("it offers no KL in closed form");
}

void check_prior_gradients(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, 2);
  const Tensor drawn = draws(*prior, 2, 1).unsqueeze(0),
               z = (prior->is_on_sphere() ? drawn : drawn * 0.9).clone().requires_grad_();
  int64_t count = 0;
  NamedTensors own = prior->named_parameters(), leaves = {{"z", z}};
  for (const auto& [name, t] : own) count += t.numel();
  if (count > most_numbers) {
    expect_directional_gradient(*prior, {}, [&] { return prior->log_prob(z).sum(); }, "log_prob");
    own.clear();
  }
  leaves.insert(leaves.end(), own.begin(), own.end());
  expect_gradient([&] { return prior->log_prob(z).sum(); }, leaves, "at z = " + in_words(z) + " log_prob");
  const Tensor mean = at::full({1, 2}, 0.3, at::kDouble).requires_grad_(),
               log_scale = (double_rng(1).normal({1, 1, 2})[0] * 0.3).clone().requires_grad_();
  if (!closed_form(*prior, *diagonal_normal(mean, log_scale))) return;
  leaves[0] = {"the mean of q", mean};
  leaves.insert(leaves.begin(), {"the log scale of q", log_scale});
  expect_gradient([&] { return prior->kl(*diagonal_normal(mean, log_scale))->sum(); }, leaves, "kl");
}

}  // namespace elbo::conformance
