// The draws of a posterior: that they follow its own log q, one independent of another.
#include <ATen/core/grad_mode.h>
#include <elbo/sphere.hpp>

#include <cmath>

#include "conformance/encoder.hpp"
#include "conformance/reference.hpp"
#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

// All z below are compared with this one. Of the some ten thousand comparisons that a check makes, one exceeds it by chance in
// one of a million checks (8e-11 each); the seeds are fixed, so that the same plugin always gets the same answer.
constexpr double most_z = 6.5;
constexpr int64_t first_draws = 8000, reference_draws = 4000;

/// Draws of one datum.
struct Drawn {
  Tensor z, log_q;  // [n, L], [n]
};

/// Of each datum of the batch.
std::vector<Drawn> drawn(const Posterior& q, int64_t n, uint64_t seed) {
  Rng rng = double_rng(seed);
  const Draw draw = q.draw(n, rng);
  std::vector<Drawn> data;
  for (int64_t b = 0; b < draw.z.size(1); ++b) data.push_back({draw.z.select(1, b).contiguous(), draw.log_prob.select(1, b).contiguous()});
  return data;
}

/// Of z [n, L], for one datum of a batch.
std::optional<Tensor> log_q_of(const Posterior& q, const Tensor& z, int64_t datum, int64_t batch) {
  const auto log_q = q.log_prob(z.unsqueeze(1).expand({z.size(0), batch, z.size(1)}));
  if (!log_q) return {};
  return log_q->select(1, datum);
}

/// The draws nearest to one of them, a share of all.
Tensor neighbourhood(const Tensor& z, double share) {
  if (share == 1) return z;
  const Tensor distance = ((z - z[0]) / z.std(0)).square().sum(1);
  return z.index_select(0, std::get<1>(distance.sort(0)).slice(0, 0, static_cast<int64_t>(share * static_cast<double>(z.size(0)))));
}

std::string subject_of(int64_t column, int64_t latents) {
  static const char* const what[] = {"place", "spread", "skew"};
  return fmt::format("the {} of latent {}", what[(column - 1) / latents], (column - 1) % latents);
}

/// h / q at the draws, and what the mean over draws of it and two polynomials should be.
class Comparison {
 public:
  Comparison(const Drawn& draws, const Reference& reference) : latents_(draws.z.size(1)) {
    const Reference::Seen seen = reference.at(draws.z);
    weight_ = (seen.log_density - draws.log_q).exp();
    polynomials_ = legendre(seen.place);
    expected_ = at::eye(polynomials_.size(1), at::kDouble);
  }

  /// No one draw may decide: a share of 0.2 % of all at most.
  bool is_even() const { return number(weight_.max()) <= 0.002 * number(weight_.sum()); }

  /// Leaves out weights above `most`, where the density is known at draws of the reference too: those say what is then missing.
  void leave_out(double most, const Tensor& reference_weight, const Tensor& reference_place) {
    weight_ = weight_.masked_fill(weight_ > most, 0);
    const Tensor p = legendre(reference_place), missing = (reference_weight > most).to(at::kDouble).unsqueeze(1);
    const auto n = static_cast<double>(p.size(0));
    expected_ = expected_ - p.t().matmul(p * missing) / n;
    uncertainty_ = (p.square().t().matmul(p.square() * missing) / n - (p.t().matmul(p * missing) / n).square()).clamp_min(0) / n;
  }

  void expect(const std::string& where) const {
    const auto n = static_cast<double>(weight_.size(0));
    const Tensor w = weight_.unsqueeze(1), mean = polynomials_.t().matmul(polynomials_ * w) / n;
    Tensor square_error = (polynomials_.square().t().matmul(polynomials_.square() * w.square()) / n - mean.square()).clamp_min(0) / n;
    if (uncertainty_.defined()) square_error = square_error + uncertainty_;
    const Tensor z = ((mean - expected_).abs() / (square_error.sqrt() + 1e-9)).nan_to_num(INFINITY, INFINITY);
    if (number(z[0][0]) > most_z)
      fail("{} the draws do not follow log q: about their middle there are {:.4g} times as many as log q says ({:.1f} standard errors)", where,
           number(mean[0][0] / expected_[0][0]), number(z[0][0]));
    const int64_t worst = z.argmax().item<int64_t>(), i = worst / z.size(0), j = worst % z.size(0);
    if (number(z[i][j]) <= most_z) return;
    const std::string what = std::min(i, j) == 0 ? subject_of(std::max(i, j), latents_)
                                                 : "how " + subject_of(i, latents_) + " goes with " + subject_of(j, latents_);
    fail("{} the draws do not follow log q: {} differs, {:.4g} where log q says {:.4g} ({:.1f} standard errors)", where, what,
         number(mean[i][j]), number(expected_[i][j]), number(z[i][j]));
  }

 private:
  int64_t latents_;
  Tensor weight_, polynomials_, expected_, uncertainty_;
};

/// The mean over draws of h(z) / q(z) is the integral of h, here with h that are the reference times polynomials. Where one h
/// differs too much from q, one of a neighbourhood of some draw is taken. Says whether any could be compared.
bool compare(const Posterior& q, const Drawn& first, const Drawn& all, int64_t datum, int64_t batch, const std::string& where) {
  for (const double share : {1., 0.3, 0.1}) {
    const Reference reference(neighbourhood(first.z, share));
    Comparison comparison(all, reference);
    const Tensor place = double_rng(14).uniform({1, reference_draws, all.z.size(1)})[0], z = reference.draws(place);
    const auto log_q = log_q_of(q, z, datum, batch);
    const bool is_even = comparison.is_even();
    if (!log_q && !is_even) continue;
    if (log_q) {
      const Tensor weight = (reference.at(z).log_density - *log_q).exp();
      const double most = 100 / share;
      if (number((weight > most).to(at::kDouble).mean()) > 0.5) continue;
      comparison.leave_out(most, weight, place);
    }
    comparison.expect(where);
    return true;
  }
  return false;
}

/// Of all densities with one covariance a normal one has the largest entropy: -log q of the draws cannot be larger on average,
/// and it is where they are wider than log q says.
void expect_entropy(const Drawn& all, const std::string& where) {
  const auto n = static_cast<double>(all.z.size(0)), latents = static_cast<double>(all.z.size(1));
  const Tensor scale = all.z.std(0), u = (all.z - all.z.mean(0)) / scale;
  const auto [values, vectors] = at::linalg_eigh(u.t().matmul(u) / n);
  if (!(number(values.min()) > 1e-10)) fail("{} the draws lie in a plane: some latents follow from others; expected a density of all of them", where);
  const Tensor square = (u.matmul(vectors).square() / values).sum(1);
  const double log_volume = number(scale.log().sum()) + number(values.log().sum()) / 2;
  const Tensor excess = -all.log_q - square / 2 - log_volume - latents / 2 * std::log(2 * M_PI);
  const double mean = number(excess.mean()), error = (number(excess.std()) + std::sqrt(latents / 2)) / std::sqrt(n);
  if (!(mean <= most_z * error + 1e-3))
    fail("{} the draws do not follow log q: log q is lower by {:.4g} on average than any density with their covariance allows; the draws are "
         "wider than log q says",
         where, mean);
}

/// von Mises-Fisher densities about and beside the draws' direction, at which the density is highest.
void compare_on_sphere(const Drawn& first, const Drawn& all, const std::string& where) {
  const auto latents = static_cast<double>(first.z.size(1));
  const Tensor sum = first.z.mean(0);
  const double length = number(sum.square().sum().sqrt());
  const double concentration = std::max(1., length * (latents - length * length) / (1 - length * length));
  const Tensor direction = sum / length;
  const auto test = [&](const Tensor& towards, double times) {
    const auto h = von_mises_fisher(towards.unsqueeze(0), doubles({std::log(concentration * times)}));
    const Tensor weight = (h->log_prob(all.z.unsqueeze(1))->squeeze(1) - all.log_q).exp();
    if (!(std::abs(z_of_mean(weight, 1)) < most_z))
      fail("{} the draws do not follow log q: about z = {} there are {:.4g} times as many as log q says", where,
           in_words(towards / towards.square().sum().sqrt()), number(weight.mean()));
  };
  for (const double times : {1.5, 3.}) test(direction, times);
  const Tensor sides = double_rng(15).normal({1, 2 * first.z.size(1), first.z.size(1)})[0];
  for (int64_t i = 0; i < sides.size(0); ++i) {
    const Tensor across = sides[i] - direction * (sides[i] * direction).sum();
    test(direction + across / (across.square().sum().sqrt() * std::sqrt(concentration)), 2);
  }
}

/// mean(): the mean itself where a family is declared, and on the sphere the direction. Of others, where flows allow an image of
/// another mean, it is near: a median is never a standard deviation away.
void expect_mean(const Posterior& q, const Drawn& all, int64_t datum, const std::string& where) {
  const auto n = static_cast<double>(all.z.size(0));
  const Tensor said = q.mean()[datum], found = all.z.mean(0), spread = all.z.std(0);
  Tensor most = spread * 1.5, expected = found;
  if (lie_on_sphere(all.z)) {
    expected = found / found.square().sum().sqrt();
    most = (spread + 1e-12) / found.square().sum().sqrt() * (most_z / std::sqrt(n));
  } else if (!declared_families(q).empty()) {
    most = spread * (most_z / std::sqrt(n));
  }
  if (const auto j = first_true(((said - expected).abs() <= most).logical_not()))
    fail("{} mean() of latent {} is {:.6g}; the mean of {} draws is {:.6g}, and their standard deviation {:.3g}", where, *j,
         number(said[*j]), all.z.size(0), number(expected[*j]), number(spread[*j]));
}

bool check_drawn(const Posterior& q, const Drawn& first, const Drawn& all, int64_t datum, int64_t batch, const std::string& where) {
  if (const auto i = first_true(all.log_q.isfinite().logical_not()))
    fail("{} a draw {} has log q {}", where, in_words(all.z[*i]), in_words(all.log_q[*i]));
  expect_mean(q, all, datum, where);
  if (lie_on_sphere(first.z)) return compare_on_sphere(first, all, where), true;
  expect_entropy(all, where);
  return compare(q, first, all, datum, batch, where);
}

/// Of every datum of the batch.
bool check_draws_of(const Posterior& q, int64_t batch, int64_t n, const std::string& where) {
  const auto first = drawn(q, first_draws, 12), all = drawn(q, n, 13);
  bool is_compared = false;
  for (int64_t b = 0; b < batch; ++b) {
    const auto datum = static_cast<size_t>(b);
    is_compared = check_drawn(q, first[datum], all[datum], b, batch, where) || is_compared;
  }
  return is_compared;
}

/// One draw of each of many equal data, as training takes them.
void check_single_draws(Encoder& encoder, const Tensor& x, const std::string& where) {
  constexpr int64_t n = 40000;
  const auto q = encoder.encode(x), many = encoder.encode(x.expand_as(at::empty(Shape{n} + x[0].sizes().vec(), x.options())).contiguous());
  Rng rng = double_rng(18);
  const Draw draw = many->draw(1, rng);
  check_drawn(*q, drawn(*q, first_draws, 12)[0], {draw.z[0], draw.log_prob[0]}, 0, 1, where);
}

/// Ranks on (-1, 1) along the draws, for each column; bounded, so that no draw decides.
Tensor ranks(const Tensor& t) {
  const auto n = static_cast<double>(t.size(0));
  const auto order = [](const Tensor& of) { return std::get<1>(of.sort(0)); };
  return (order(order(t)).to(at::kDouble) + 0.5) * (2 / n) - 1;
}

/// Along and across the ranks of each datum's latents: [n, B 2 L], of mean square 1.
Tensor features(const Tensor& z) {
  const Tensor r = ranks(z.flatten(1));
  return at::cat({std::sqrt(3.) * r, std::sqrt(5.) / 2 * (3 * r.square() - 1)}, 1);
}

}  // namespace

/// Of one datum, where a bias that is as long as z, of a mean or of a log scale, is moved far, and for data far out.
void check_draws_elsewhere(const EncoderNetwork& network) {
  constexpr int64_t latents = 2, n = 30000;
  const auto encoder = network.moved(network.choice(), latents);
  const Shape& shape = encoder->context().observation.shape;
  const Tensor x = network.inputs(shape, latents, 1);
  for (const auto& [name, t] : encoder->named_parameters()) {
    if (t.dim() != 1 || t.numel() != latents) continue;
    for (const double by : {-4., 4.}) {
      const Tensor kept = t.detach().clone();
      t.detach().add_(by);
      check_draws_of(*encoder->encode(x), 1, n, fmt::format("for L = {} with its parameter {} moved by {:g}", latents, name, by));
      t.detach().copy_(kept);
    }
  }
  check_draws_of(*encoder->encode(network.inputs(shape, latents, 2, 2, 20)), 2, n, fmt::format("for L = {} and inputs up to 10", latents));
}

void check_posterior_draws(const EncoderNetwork& network) {
  const at::NoGradGuard no_gradients;
  bool is_compared = false, is_first = true;
  network.with_each_kind([&](const PluginChoice& other) {
    const int64_t batch = std::exchange(is_first, false) ? 2 : 1;
    for (const int64_t latents : {1, 2, 3, 12}) {
      Encoded encoded;
      try {
        encoded = network.encoded(other, latents, batch);
      } catch (const UserError&) {
        continue;  // a distribution of directions has no L = 1
      }
      const int64_t n = latents <= 3 ? 40000 : batch > 1 ? 60000 : 30000;
      is_compared = check_draws_of(*encoded.q, batch, n, fmt::format("for L = {}", latents)) || is_compared;
    }
  });
  if (!is_compared) skip("log q differs so much between neighbouring draws that none can be compared with it");

  const auto encoder = network.moved(network.choice(), 2);
  const Tensor x = network.inputs(encoder->context().observation.shape, 2, 1);
  check_single_draws(*encoder, x, "for L = 2 and one draw of each datum");
  encoder->set_training(true);
  const Tensor batch = network.inputs(encoder->context().observation.shape, 2, 4);
  check_draws_of(*encoder->encode(batch), 4, 40000, "for L = 2 in training");
  check_draws_elsewhere(network);
}

void check_posterior_independence(const EncoderNetwork& network) {
  constexpr int64_t n = 20000, data = 3, latents = 3;
  const at::NoGradGuard no_gradients;
  const auto [encoder, q] = network.encoded(network.choice(), latents, data);
  Rng rng = double_rng(16);
  const Tensor z = q->draw(n, rng).z;
  const Tensor sorted = std::get<0>(z.select(2, 0).sort(0));
  if (const auto i = first_true(sorted.slice(0, 1).eq(sorted.slice(0, 0, n - 1)))) fail("among {} draws of one datum two are equal; each needs noise of its own", n);
  const Tensor f = features(z);
  const Tensor datum = at::arange(data, at::kLong).repeat_interleave(latents).repeat({2});
  const auto expect_none = [&](const Tensor& a, const Tensor& b, const Tensor& where, const std::string& what) {
    const double root = std::sqrt(static_cast<double>(a.size(0)));
    const Tensor correlation = (a.t().matmul(b) / static_cast<double>(a.size(0))).masked_fill(where.logical_not(), 0);
    if (const double most = number(correlation.abs().max()); most * root > most_z)
      fail("{} are not independent: a correlation of {:.3g} between them, {:.1f} standard errors; each needs noise of its own", what, most, most * root);
  };
  expect_none(f, f, datum.unsqueeze(0).ne(datum.unsqueeze(1)), "the draws of two data");
  for (const int64_t lag : {int64_t{1}, int64_t{2}, int64_t{3}, n / 2})
    expect_none(f.slice(0, lag), f.slice(0, 0, n - lag), at::ones_like(f.t().matmul(f)).to(at::kBool), fmt::format("a draw and the {} one after it", lag == 1 ? "next" : fmt::format("{}th", lag)));
}

void check_posterior_generator(const EncoderNetwork& network) {
  const Encoded encoded = network.encoded(network.choice(), 3, 4);
  const auto draw = [&](uint64_t seed) {
    Rng rng = double_rng(seed);
    return encoded.q->draw(2, rng).z.detach();
  };
  if (!draw(1).equal(draw(1)))
    fail("two draws with the generator in one state differ; take all noise from the generator handed in");
  if (draw(1).equal(draw(2)))
    fail("draws with two different generators are equal; take the noise from the generator handed in");
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
    const Draw drawn = q->draw(500, rng);
    parameter.detach().copy_(kept);
    return drawn;
  };
  const at::NoGradGuard no_gradients;
  for (const auto& [name, t] : encoder->named_parameters()) {
    if (t.dim() != 1) continue;
    const auto where = [&](double by) { return fmt::format("with its parameter {} moved by {:g} (float32)", name, by); };
    for (const double by : {-70., 70.}) {
      const Draw far = draw(t, by, at::kFloat);
      const Tensor is_ordinary = far.z.abs().amax(2) < 1e6;
      if (const auto i = first_true(is_ordinary & far.log_prob.isfinite().logical_not()))
        fail("{} a draw has log q {}; expected a finite number: compute it from the noise, not from z", where(by), in_words(far.log_prob.flatten()[*i]));
    }
    for (const double by : {-20., 20.}) {
      const Tensor single = draw(t, by, at::kFloat).log_prob.to(at::kDouble), exact = draw(t, by, at::kDouble).log_prob;
      const double off = z_of_difference(single, exact), mean = number(exact.mean());
      if (std::abs(off) > most_z && std::abs(number(single.mean()) - mean) > 1e-3 * std::max(1., std::abs(mean)))
        fail("{} log q of the draws is {:.6g} on average, and in float64 {:.6g}: compute it from the noise, not from z", where(by), number(single.mean()), mean);
    }
  }
}

}  // namespace elbo::conformance
