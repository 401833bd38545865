// The density of a posterior: told in several ways, and integrated.
#include <ATen/core/grad_mode.h>
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/network/encoder.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

/// Whether anything but the posterior's own samples can be scored is for it to say.
bool scores_given_z(const Posterior& q) {
  Rng rng = double_rng(1);
  return q.log_prob(q.draw(1, rng).z).has_value();
}

bool has_no_one_latent(const EncoderNetwork& network, const PluginChoice& choice) {
  try {
    network.make(choice, network.shapes(choice)[0], 1);
    return false;
  } catch (const UserError&) {
    return true;  // a distribution of directions
  }
}

Tensor box_log_prob(const UniformParams& box, const Tensor& z) {
  const Tensor outside = (z < box.low).logical_or(z > box.high).any(2);
  return (-box.log_width.sum(1)).expand_as(outside).masked_fill(outside, -INFINITY);
}

/// Points where the density is known to be positive, and, where that is so, points to the side of them and far out.
std::vector<Tensor> points(const Posterior& q, const Tensor& z) {
  const Tensor one = z.detach();
  if (lie_on_sphere(one.flatten(0, 1))) return {one, one.flip({1}), -one};
  const Tensor said = q.mean(), mean = said.defined() ? said.detach() : one.mean(0);
  return {one, mean + (one - mean) * 1.7, mean + (one - mean) * 0.3 + 0.05, mean + (one - mean) * 300, one.flip({1})};
}

void expect_agreement(const Posterior& q) {
  constexpr double tolerance = 1e-8;
  Rng rng = double_rng(2);
  const Sample draw = q.draw(5, rng);
  if (const auto log_prob = q.log_prob(draw.z))
    expect_close(*log_prob, draw.log_prob, tolerance, "log_prob(z) of a sample, against what came with the sample,");
  for (const Declared& declared : declared_families(q)) {
    if (q.mean().defined())
      expect_close(q.mean(), declared.mean, tolerance, "mean(), against that of " + declared.family + ",");
    expect_close(draw.log_prob, declared.log_prob(draw.z), tolerance,
                 "log_prob of a sample, against that of " + declared.family + ",");
    for (const Tensor& z : points(q, draw.z))
      if (const auto log_prob = q.log_prob(z))
        expect_close(*log_prob, declared.log_prob(z), tolerance,
                     "log_prob(z), against that of " + declared.family + ",");
  }
}

Tensor tensor_grid(const Tensor& line, int64_t latent_dim) {
  if (latent_dim == 1) return line.view({-1, 1});
  return at::stack({line.repeat_interleave(line.numel()), line.repeat({line.numel()})}, 1);
}

/// By midpoints on the box of a uniform distribution, where they are exact.
double integral(const Posterior& q, const UniformParams& box, int64_t latent_dim) {
  const Tensor middles = (at::arange(50, at::kDouble) + 0.5) / 50, width = box.high - box.low;
  const Tensor z = (box.low + width * tensor_grid(middles, latent_dim)).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().mean()) * number(width.detach().prod());
}

/// On the circle at equal angles, exact for smooth densities.
double integral_on_circle(const Posterior& q) {
  constexpr int64_t n = 4000;
  const Tensor angle = at::arange(n, at::kDouble) * (2 * M_PI / n),
               z = at::stack({angle.cos(), angle.sin()}, 1).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().mean()) * 2 * M_PI;
}

/// The trapezoidal rule on a grid that the samples' mean and covariance place; exact for smooth densities.
double integral(const Posterior& q, int64_t latent_dim, double step) {
  if (const auto box = q.uniform()) return integral(q, *box, latent_dim);
  Rng rng = double_rng(3);
  const Tensor draws = q.draw(4000, rng).z.detach().select(1, 0);
  if (lie_on_sphere(draws)) return integral_on_circle(q);
  const Tensor mean = draws.mean(0), centred = draws - mean;
  const Tensor root = at::linalg_cholesky(centred.t().matmul(centred) / 3999.);
  const double reach = latent_dim == 1 ? 10 : 8;
  const Tensor u = tensor_grid(at::arange(-reach, reach + step / 2, step, at::kDouble), latent_dim);
  const Tensor z = (mean + u.matmul(root.t())).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().sum()) * number(root.diagonal().prod()) * std::pow(step, latent_dim);
}

// The noise of a posterior: from the given generator, its own for each sample, and not lost at tiny scales.

/// Ranks on (-1, 1) along the samples, for each column; bounded, so that no sample decides.
Tensor ranks(const Tensor& t) {
  const auto n = static_cast<double>(t.size(0));
  const auto order = [](const Tensor& of) { return std::get<1>(of.sort(0)); };
  return (order(order(t)).to(at::kDouble) + 0.5) * (2 / n) - 1;
}

/// Along and across the ranks of each data point's latents: [n, B 2 L], of mean square 1.
Tensor features(const Tensor& z) {
  const Tensor r = ranks(z.flatten(1));
  return at::cat({std::sqrt(3.) * r, std::sqrt(5.) / 2 * (3 * r.square() - 1)}, 1);
}

}  // namespace

bool lie_on_sphere(const Tensor& z) { return z.size(1) > 1 && !off_sphere(z.unsqueeze(0)).any().item<bool>(); }

std::vector<Declared> declared_families(const Posterior& q) {
  std::vector<Declared> all;
  const auto add = [&](const char* family, const Tensor& mean, std::function<Tensor(const Tensor&)> log_prob,
                       NamedTensors params) { all.push_back({family, mean, std::move(log_prob), std::move(params)}); };
  const auto of = [](std::shared_ptr<Posterior> p) { return [p](const Tensor& z) { return *p->log_prob(z); }; };
  if (const auto p = q.diagonal_normal())
    add("diagonal_normal()", p->mean, of(posteriors::diagonal_normal(p->mean, p->log_scale)),
        {{"mean", p->mean}, {"log_scale", p->log_scale}});
  if (const auto p = q.full_normal()) {
    const Tensor diagonal = p->scale.diagonal(0, 1, 2).unsqueeze(2);
    add("full_normal()", p->mean, of(posteriors::full_normal(p->mean, p->log_diagonal, p->scale / diagonal)),
        {{"mean", p->mean}, {"scale", p->scale}, {"log_diagonal", p->log_diagonal}});
  }
  if (const auto p = q.laplace())
    add("laplace()", p->mean, of(posteriors::laplace(p->mean, p->log_scale)),
        {{"mean", p->mean}, {"log_scale", p->log_scale}});
  if (const auto p = q.uniform())
    add("uniform()", (p->low + p->high) / 2, [box = *p](const Tensor& z) { return box_log_prob(box, z); },
        {{"low", p->low}, {"high", p->high}, {"log_width", p->log_width}});
  if (const auto p = q.von_mises_fisher())
    add("von_mises_fisher()", p->direction, of(posteriors::von_mises_fisher(p->direction, p->concentration.log())),
        {{"direction", p->direction},
         {"concentration", p->concentration},
         {"log_peak", p->log_peak},
         {"mean_gap", p->mean_gap}});
  return all;
}

/// Numbers that a family tells twice, so that a prior may use either.
static void expect_consistent_parameters(const Posterior& q) {
  constexpr double tolerance = 1e-6;
  if (const auto p = q.full_normal()) {
    expect_close(p->scale.diagonal(0, 1, 2), p->log_diagonal.exp(), tolerance,
                 "the diagonal of full_normal()'s scale, against exp(log_diagonal),");
    expect_close(p->scale, p->scale.tril(), 0, "full_normal()'s scale, which is lower triangular,");
  }
  if (const auto p = q.uniform())
    expect_close(p->high - p->low, p->log_width.exp(), tolerance, "high - low of uniform(), against exp(log_width),");
  if (const auto p = q.von_mises_fisher()) {
    const auto reference =
        posteriors::von_mises_fisher(p->direction.to(at::kDouble), p->concentration.log())->von_mises_fisher();
    expect_close(p->log_peak, reference->log_peak, tolerance,
                 "log_peak of von_mises_fisher(), against that of its concentration,");
    expect_close(p->mean_gap, reference->mean_gap, tolerance,
                 "mean_gap of von_mises_fisher(), against that of its concentration,");
  }
}

void check_posterior_agrees(const EncoderNetwork& network) {
  bool is_told_twice = false;
  network.with_each_kind([&](const PluginChoice& other) {
    const at::NoGradGuard no_gradients;
    const auto [encoder, q] = network.encoded(other, 3, 4);
    expect_agreement(*q);
    expect_consistent_parameters(*q);
    is_told_twice = is_told_twice || scores_given_z(*q) || !declared_families(*q).empty();
  });
  if (!is_told_twice) skip("it tells log q with its samples, and in no other way");
}

/// An integral about the middle cannot see a density that is bounded below; AIS and the like go far out. In one dimension
/// a density that has an integral falls by more than log 10 from one distance to ten times that, sooner or later.
static void expect_falling(const Posterior& q) {
  constexpr double least_fall = 1;
  Rng rng = double_rng(4);
  const Tensor z = q.draw(1000, rng).z.detach().select(1, 0), spread = z.std(0) + 1e-6;  // [1000, 1]
  for (const double side : {-1., 1.}) {
    const auto log_q_at = [&](double distance) {
      return number(*q.log_prob((z.mean(0) + side * distance * spread).view({1, 1, 1})));
    };
    const double near = log_q_at(100), far = log_q_at(1000);
    if (std::isfinite(near) && far > near - least_fall)
      fail(
          "for L = 1 log q(z|x) is {:.6g} at 100 standard deviations from the mean of its samples and {:.6g} at 1000; "
          "such a density has no integral",
          near, far);
  }
}

void check_posterior_normalisation(const EncoderNetwork& network) {
  bool integrated = false, is_first = true;
  network.with_each_kind([&](const PluginChoice& other) {
    const bool is_given = std::exchange(is_first, false);
    const double step = is_given ? 0.05 : 0.1, tolerance = is_given ? 1e-3 : 5e-3;
    for (const int64_t latent_dim : {1, 2}) {
      if (latent_dim == 1 && has_no_one_latent(network, other)) continue;
      const at::NoGradGuard no_gradients;
      const auto [encoder, q] = network.encoded(other, latent_dim, 1);
      if (!scores_given_z(*q)) continue;
      integrated = true;
      const double total = integral(*q, latent_dim, step);
      if (!(std::abs(total - 1) < tolerance))
        fail("for L = {} the density of q(z|x) integrates to {:.8g}; expected 1", latent_dim, total);
      if (latent_dim == 1) expect_falling(*q);
    }
  });
  if (!integrated) skip("only its own samples can be scored");
}

void check_posterior_independence(const EncoderNetwork& network) {
  constexpr int64_t n = 20000, data = 3, latents = 3;
  const at::NoGradGuard no_gradients;
  const auto [encoder, q] = network.encoded(network.choice(), latents, data);
  Rng rng = double_rng(16);
  const Tensor z = q->draw(n, rng).z;
  const Tensor sorted = std::get<0>(z.select(2, 0).sort(0));
  if (const auto i = first_true(sorted.slice(0, 1).eq(sorted.slice(0, 0, n - 1))))
    fail("among {} samples of one data point two are equal; each needs noise of its own", n);
  const Tensor f = features(z);
  const Tensor datum = at::arange(data, at::kLong).repeat_interleave(latents).repeat({2});
  const auto expect_none = [&](const Tensor& a, const Tensor& b, const Tensor& where, const std::string& what) {
    const double root = std::sqrt(static_cast<double>(a.size(0)));
    const Tensor correlation = (a.t().matmul(b) / static_cast<double>(a.size(0))).masked_fill(where.logical_not(), 0);
    if (const double most = number(correlation.abs().max()); most * root > most_z)
      fail(
          "{} are not independent: a correlation of {:.3g} between them, {:.1f} standard errors; each needs noise of "
          "its own",
          what, most, most * root);
  };
  expect_none(f, f, datum.unsqueeze(0).ne(datum.unsqueeze(1)), "the samples of two data");
  for (const int64_t lag : {int64_t{1}, int64_t{2}, int64_t{3}, n / 2})
    expect_none(f.slice(0, lag), f.slice(0, 0, n - lag), at::ones_like(f.t().matmul(f)).to(at::kBool),
                fmt::format("a sample and the {} one after it", lag == 1 ? "next" : fmt::format("{}th", lag)));
}

void check_posterior_generator(const EncoderNetwork& network) {
  const Encoded encoded = network.encoded(network.choice(), 3, 4);
  const auto draw = [&](uint64_t seed) {
    Rng rng = double_rng(seed);
    return encoded.q->draw(2, rng).z.detach();
  };
  if (!draw(1).equal(draw(1)))
    fail("two samples with the generator in one state differ; take all noise from the generator handed in");
  if (draw(1).equal(draw(2)))
    fail("samples with two different generators are equal; take the noise from the generator handed in");
}

// A bias moved by -70 makes a scale of e^-70 where it is the log of one: z is the mean up to rounding, and the noise cannot be
// found again by taking the mean away and dividing. At e^-20 float64 can still do so and float32 cannot.
void check_posterior_tiny_scales(const EncoderNetwork& network) {
  const Shape x = network.shapes()[0];
  const Tensor input = network.inputs(x, 2, 3).to(at::kFloat);
  const auto encoder = network.encoder(network.choice(), x, 2);
  const auto draw = [&](const Tensor& parameter, double by, at::ScalarType dtype) {
    encoder->to_like(at::empty({}, dtype));
    const Tensor kept = parameter.detach().clone(), own = input.to(dtype);
    parameter.detach().add_(by);
    Rng rng = Rng(17).like(own);
    const auto q = encoder->encode(own);
    const Sample drawn = q->draw(500, rng);
    parameter.detach().copy_(kept);
    return drawn;
  };
  const at::NoGradGuard no_gradients;
  for (const auto& [name, t] : encoder->named_parameters()) {
    if (t.dim() != 1) continue;
    const auto where = [&](double by) {
      return fmt::format("with its parameter {} moved by {:g} (float32)", name, by);
    };
    for (const double by : {-70., 70.}) {
      const Sample far = draw(t, by, at::kFloat);
      const Tensor is_ordinary = far.z.abs().amax(2) < 1e6;
      if (const auto i = first_true(is_ordinary & far.log_prob.isfinite().logical_not()))
        fail("{} a sample has log q {}; expected a finite number: compute it from the noise, not from z", where(by),
             in_words(far.log_prob.flatten()[*i]));
    }
    for (const double by : {-20., 20.}) {
      const Tensor single = draw(t, by, at::kFloat).log_prob.to(at::kDouble), exact = draw(t, by, at::kDouble).log_prob;
      const double off = z_of_difference(single, exact), mean = number(exact.mean());
      if (std::abs(off) > most_z && std::abs(number(single.mean()) - mean) > 1e-3 * std::max(1., std::abs(mean)))
        fail(
            "{} log q of the samples is {:.6g} on average, and in float64 {:.6g}: compute it from the noise, not from "
            "z",
            where(by), number(single.mean()), mean);
    }
  }
}

}  // namespace elbo::host::conformance
