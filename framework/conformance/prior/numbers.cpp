// Priors against exact numbers: integrals, divergences and derivatives.
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/network/network.hpp"
#include "conformance/prior/prior.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t most_numbers = 300;  // that are differentiated one by one

/// Nodes of that rule.
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

std::vector<std::pair<std::string, std::unique_ptr<Posterior>>> posteriors() {
  std::vector<std::pair<std::string, std::unique_ptr<Posterior>>> all;
  for (const auto& [mean, log_scale] : {std::pair{0., 0.}, {0.5, -0.5}, {-2., -1.}, {1., 0.3}, {3., -3.}}) {
    const Tensor m = doubles({mean, mean / 2}).view({1, 2}), s = doubles({log_scale, log_scale / 2}).view({1, 2});
    const Tensor below = doubles({0, 0, mean - 0.7, 0}).view({1, 2, 2});
    const std::string at =
        fmt::format(" with mean {:g}, {:g} and log scale {:g}, {:g}", mean, mean / 2, log_scale, log_scale / 2);
    all.emplace_back("a diagonal normal q" + at, posteriors::diagonal_normal(m, s));
    all.emplace_back("a full normal q" + at, posteriors::full_normal(m, s, below));
    all.emplace_back("a Laplace q" + at, posteriors::laplace(m, s));
    all.emplace_back(fmt::format("a uniform q at {:g}, of log width {:g}", mean, log_scale), posteriors::uniform(m, s));
    all.emplace_back("a von Mises-Fisher q towards the mean" + at,
                     posteriors::von_mises_fisher(m, -2 * s.select(1, 0)));
  }
  const Tensor far = doubles({40, -25}).view({1, 2}), narrow = doubles({-8, -6}).view({1, 2});
  all.emplace_back("a narrow diagonal normal q far away, at 40, -25,", posteriors::diagonal_normal(far, narrow));
  all.emplace_back("a narrow Laplace q far away, at 40, -25,", posteriors::laplace(far, narrow));
  return all;
}

// Priors on the unit sphere, whose density is one of its surface.

constexpr int64_t nodes = 2000;

/// Points of the sphere, each with its share of the surface.
struct Surface {
  Tensor z, share;  // [n, L], [n]
};

/// Two points; a circle at equal angles; a sphere at equal angles about, and heights by midpoints.
Surface surface(int64_t latent_dim) {
  if (latent_dim == 1) return {doubles({-1, 1}).view({2, 1}), at::full({2}, 1., at::kDouble)};
  const auto turned = [](int64_t n) {
    return (at::arange(n, at::kDouble) + 0.5) * (2 * M_PI / static_cast<double>(n));
  };
  if (latent_dim == 2)
    return {at::stack({turned(nodes).cos(), turned(nodes).sin()}, 1), at::full({nodes}, 2 * M_PI / nodes, at::kDouble)};
  constexpr int64_t about = 100, heights = 400;
  const Tensor height = ((at::arange(heights, at::kDouble) + 0.5) * (2. / heights) - 1).repeat_interleave(about);
  const Tensor around = turned(about).repeat({heights}), radius = (1 - height.square()).sqrt();
  const double share = 4 * M_PI / (about * heights);
  return {at::stack({radius * around.cos(), radius * around.sin(), height}, 1),
          at::full({about * heights}, share, at::kDouble)};
}

}  // namespace

Total integral_of(const Prior& prior, double reach, double step) {
  constexpr int64_t chunk = 20000;
  const Grid nodes = grid(draws(prior, 4000, 2), reach, step);
  Total total;
  for (int64_t first = 0; first < nodes.z.size(0); first += chunk) {
    const Tensor log_p = log_prob(prior, nodes.z.slice(0, first, first + chunk));
    total.mass += number((log_p.exp() * nodes.weight.slice(0, first, first + chunk)).sum());
    total.jumps = total.jumps || log_p.isinf().any().item<bool>();
  }
  return total;
}

void check_prior_quadrature(const PluginChoice& choice) {
  if (make_prior(choice, 2)->is_on_sphere()) return check_sphere_quadrature(choice);
  for (const int64_t latent_dim : {1, 2}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Total t = latent_dim == 1 ? integral_of(*prior, 30, 3e-4) : integral_of(*prior, 8, 0.04);
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
    const Sample draw = q->draw(prior_draws, rng);
    const Tensor log_ratio = (draw.log_prob - prior->log_prob(draw.z)).detach().flatten();
    const double total = number(kl->sum()), z = z_of_mean(log_ratio, total);
    if (!(std::abs(z) < largest_z))
      fail(
          "for {} the KL in closed form is {:.6g}; the mean of log q - log p over {} samples is {:.6g} ({:.1f} "
          "standard errors)",
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
  if (!closed_form(*prior, *posteriors::diagonal_normal(mean, log_scale))) return;
  leaves[0] = {"the mean of q", mean};
  leaves.insert(leaves.begin(), {"the log scale of q", log_scale});
  expect_gradient([&] { return prior->kl(*posteriors::diagonal_normal(mean, log_scale))->sum(); }, leaves, "kl");
}

void check_sphere_quadrature(const PluginChoice& choice) {
  for (const int64_t latent_dim : {1, 2, 3}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Surface all = surface(latent_dim);
    const double mass = number((log_prob(*prior, all.z).exp() * all.share).sum());
    if (!(std::abs(mass - 1) < 1e-3))
      fail("for L = {} the density integrates to {:.6g} over the sphere; expected 1", latent_dim, mass);
    if (log_prob(*prior, all.z * 1.1).isfinite().any().item<bool>())
      fail("for L = {} log_prob is finite off the sphere; expected -inf", latent_dim);
  }
}

/// As of the other priors: the mean over samples of h(z) / p(z) is 1 for each distribution h of the sphere.
void check_sphere_draws(const PluginChoice& choice) {
  constexpr int64_t n = 20000;
  for (const int64_t latent_dim : {2, 3}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Tensor centres = draws(*prior, 8, 2), z = draws(*prior, n, 3), log_p = log_prob(*prior, z);
    if (off_sphere(z.unsqueeze(0)).any().item<bool>()) fail("for L = {} a sample is not on the sphere", latent_dim);
    for (int64_t i = 0; i < 8; ++i) {
      const auto h = posteriors::von_mises_fisher(centres.slice(0, i, i + 1), doubles({std::log(6.)}));
      const Tensor weight = (h->log_prob(z.unsqueeze(1))->squeeze(1) - log_p).exp();
      if (!(std::abs(z_of_mean(weight, 1)) < largest_z))
        fail(
            "for L = {} the samples do not follow log_prob: about z = {} there are {:.3g} times as many as log_prob "
            "says",
            latent_dim, in_words(centres[i]), number(weight.mean()));
    }
  }
}

}  // namespace elbo::host::conformance
