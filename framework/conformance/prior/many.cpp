// Priors of 12 latents: where a constant, a scale or a share that is right for one or two latents shows that it is wrong.
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/prior/prior.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t twelve = 12;

/// Where the samples [n, L] of each latent lie, whatever their tails: the median, and a width that is the mean absolute deviation
/// for normal samples. A mean over samples of heavy tails would be as large as their outliers make it.
struct Bulk {
  Tensor centre, width;  // [L]
};

Bulk bulk_of(const Tensor& draws) {
  constexpr double of_normal = 1.183;  // mean absolute deviation / median absolute deviation
  const Tensor centre = std::get<0>(draws.median(0));
  return {centre, std::get<0>((draws - centre).abs().median(0)) * of_normal};
}

/// log of a mixture of normal kernels about the centres [k, L], each of `width` [L], at z [n, L].
Tensor log_kernels(const Tensor& z, const Tensor& centres, const Tensor& width) {
  const Tensor a = z / width, b = centres / width;
  const Tensor square = a.square().sum(1, true) + b.square().sum(1) - 2 * a.matmul(b.t());
  const double constant = std::log(2 * M_PI) / 2 * twelve + std::log(static_cast<double>(centres.size(0)));
  return (square / -2).logsumexp(1) - width.log().sum() - constant;
}

/// The mean of p(z) / h(z) over samples z of a density h that covers the prior: its samples with wide noise.
void expect_total_mass(const Prior& prior) {
  constexpr int64_t centres = 1000, n = 6000;
  const Tensor about = draws(prior, centres, 2), width = bulk_of(about).width;
  const Tensor z =
      about.index_select(0, at::arange(n).remainder(centres)) + double_rng(8).normal({1, n, twelve})[0] * width;
  const Tensor weight = (log_prob(prior, z) - log_kernels(z, about, width)).exp();
  const double mean = number(weight.mean()), off = z_of_mean(weight, 1);
  // Few samples that carry most of the sum: the tails are too heavy for these kernels, and the standard error says nothing.
  if (number(weight.max()) > 0.05 * number(weight.sum())) return;
  if (!(std::abs(off) < largest_z))
    fail("for L = {} the density integrates to {:.4g}, {:.1f} standard errors from 1", twelve, mean, std::abs(off));
}

/// Latents [nodes, n, L] that differ from z [n, L] in latent j only, which ascends: dense about z_j, and about the middle of all
/// samples, which a line about an outlier would step over.
Tensor line_through(const Tensor& z, int64_t j, const Bulk& bulk) {
  constexpr double reach = 7, step = 0.08;
  const auto half = static_cast<int64_t>(reach / step);
  const Tensor from_centre = ((at::arange(-half, half + 1, at::kDouble) * step).sinh() * bulk.width[j]).unsqueeze(1);
  const Tensor along = z.select(1, j), middle = bulk.centre[j].expand_as(along);
  const Tensor nodes = std::get<0>(at::cat({from_centre + along, from_centre + middle}).sort(0));
  Tensor line = z.unsqueeze(0).repeat({nodes.size(0), 1, 1});
  line.select(2, j).copy_(nodes);
  return line;
}

/// Where each sample's z_j lies in the distribution of z_j given its other latents: uniform on [0, 1] when samples follow log_prob.
Tensor ranks(const Prior& prior, const Tensor& z, int64_t j, const Bulk& bulk) {
  const Tensor line = line_through(z, j, bulk), nodes = line.select(2, j);
  const Tensor log_p = prior.log_prob(line).detach(), p = (log_p - std::get<0>(log_p.max(0))).exp();
  const Tensor cells = (p.slice(0, 1) + p.slice(0, 0, -1)) * nodes.diff(1, 0);  // by the trapezoidal rule
  return (cells * nodes.slice(0, 1).le(z.select(1, j))).sum(0) / cells.sum(0);
}

void expect_uniform(const Tensor& rank, const std::string& which) {
  const double middle = z_of_mean(rank, 0.5), spread = z_of_mean((rank - 0.5).square(), 1. / 12);
  if (!(std::abs(middle) < largest_z))
    fail(
        "for L = {} the samples do not follow log_prob: {} is {} in most samples than log_prob says given the others "
        "(z = {:.1f})",
        twelve, which, middle > 0 ? "larger" : "smaller", std::abs(middle));
  if (!(std::abs(spread) < largest_z))
    fail(
        "for L = {} the samples do not follow log_prob: {} is spread {} than log_prob says given the others (z = "
        "{:.1f})",
        twelve, which, spread > 0 ? "more widely" : "less widely", std::abs(spread));
}

/// Whether log_prob is a sum over the latents: then a change of one latent changes it by as much whatever the others are.
bool factorises(const Prior& prior) {
  const Tensor z = draws(prior, 2, 21), swapped = z.roll(1, 0);
  for (int64_t j = 0; j < z.size(1); ++j) {
    Tensor a = z.clone(), b = swapped.clone();
    a.select(1, j).copy_(swapped.select(1, j));
    b.select(1, j).copy_(z.select(1, j));
    const Tensor off = log_prob(prior, z) - log_prob(prior, a) - log_prob(prior, b) + log_prob(prior, swapped);
    if (!(number(off.abs().max()) < 1e-9)) return false;
  }
  return true;
}

/// A posterior of one data point: the entropy of each latent given those before it, and the density of each latent alone.
struct Known {
  std::string words;
  std::unique_ptr<Posterior> q;
  Tensor entropy, centre, width;  // [L]
  bool is_laplace = false;
};

std::vector<Known> known_posteriors() {
  const Tensor j = at::arange(twelve, at::kDouble), mean = (j * 0.7).sin() * 1.5, log_scale = (j * 1.3).cos() * 2 - 1.5;
  const Tensor m = mean.unsqueeze(0), s = log_scale.unsqueeze(0),
               below = (double_rng(5).normal({1, twelve, twelve}) * 0.3);
  const double normal = 0.5 * std::log(2 * M_PI * M_E);
  std::vector<Known> all;
  all.push_back({"a diagonal normal q of unequal scales", posteriors::diagonal_normal(m, s), normal + log_scale, mean,
                 log_scale.exp(), false});
  all.push_back(
      {"a full normal q of unequal scales", posteriors::full_normal(m, s, below), normal + log_scale, mean, {}, false});
  const auto scale = all.back().q->full_normal()->scale[0].detach();
  all.back().width = scale.square().sum(1).sqrt();
  all.back().entropy = normal + scale.diagonal().log();
  all.push_back({"a Laplace q of unequal scales", posteriors::laplace(m, s), std::log(2 * M_E) + log_scale, mean,
                 log_scale.exp(), true});
  return all;
}

/// The KL of each latent by quadrature on a line: -E_q[log p(z_j)] less its entropy. The prior's latents are independent.
Tensor shares_by_quadrature(const Prior& prior, const Known& known) {
  std::vector<Tensor> shares;
  const Tensor base = draws(prior, 1, 22);
  const double log_base = number(log_prob(prior, base));
  const Bulk bulk = bulk_of(draws(prior, 400, 23));
  for (int64_t j = 0; j < twelve; ++j) {
    const auto log_marginal = [&](const Tensor& at) {  // up to a constant
      Tensor z = base.expand({at.numel(), twelve}).clone();
      z.select(1, j).copy_(at);
      return log_prob(prior, z) - log_base;
    };
    const Tensor u = at::arange(-4800, 4801, at::kDouble) / 300, middle = bulk.centre[j], width = bulk.width[j];
    const Tensor log_total = (log_marginal(middle + width * u.sinh()) + (width * u.cosh() / 300).log()).logsumexp(0);
    // The density of q about its centre, by a fine grid with a node on the kink of a Laplace distribution.
    const Tensor v = at::arange(-8000, 8001, at::kDouble) / 200, r = v.abs();
    Tensor weight = known.is_laplace ? (-r).exp() / 2 : (v.square() / -2).exp() / std::sqrt(2 * M_PI);
    weight = weight / 200;
    const Tensor log_p = log_marginal(known.centre[j] + known.width[j] * v) - log_total;
    const Tensor used = weight > 1e-18;
    shares.push_back(-(log_p.masked_select(used) * weight.masked_select(used)).sum() / weight.sum() - known.entropy[j]);
  }
  return at::stack(shares);
}

}  // namespace

void check_prior_many(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, twelve);
  if (prior->is_on_sphere()) skip("it has a density of the sphere's surface: see quadrature");
  expect_total_mass(*prior);
  const Tensor z = draws(*prior, 96, 3);
  const Bulk bulk = bulk_of(draws(*prior, 1000, 2));
  if (const auto i = first_true(log_prob(*prior, z).isfinite().logical_not()))
    fail("its own sample {} has log_prob {}", in_words(z[*i]), in_words(log_prob(*prior, z)[*i]));
  std::vector<Tensor> all;
  for (int64_t j = 0; j < twelve; ++j) {
    all.push_back(ranks(*prior, z, j, bulk));
    expect_uniform(all.back(), fmt::format("latent {}", j));
  }
  expect_uniform(at::cat(all), "a latent");
}

void check_prior_shares(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, twelve);
  if (prior->is_on_sphere()) skip("its latents are not independent");
  bool any = false;
  for (const Known& known : known_posteriors()) {
    const auto kl = closed_form(*prior, *known.q);
    if (!kl) continue;
    if (!factorises(*prior))
      fail("for {} it offers a KL for each latent, but its latents are not independent; return nothing from do_kl",
           known.words);
    any = true;
    const Tensor expected = shares_by_quadrature(*prior, known);
    const Tensor off = (kl->detach()[0] - expected).abs() - 1e-4 * expected.abs().clamp_min(1);
    if (const auto j = first_true(off.le(0).logical_not()))
      fail("for {} the KL of latent {} of {} is {:.8g}; by quadrature it is {:.8g}", known.words, *j, twelve,
           number(kl->detach()[0][*j]), number(expected[*j]));
  }
  if (!any) skip("it offers no KL in closed form");
}

}  // namespace elbo::host::conformance
