// The noise of a posterior: from the given generator, its own for each draw, and not lost at tiny scales.
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "conformance/encoder.hpp"
#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

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

void check_posterior_independence(const EncoderNetwork& network) {
  constexpr int64_t n = 20000, data = 3, latents = 3;
  const at::NoGradGuard no_gradients;
  const auto [encoder, q] = network.encoded(network.choice(), latents, data);
  Rng rng = double_rng(16);
  const Tensor z = q->draw(n, rng).z;
  const Tensor sorted = std::get<0>(z.select(2, 0).sort(0));
  if (const auto i = first_true(sorted.slice(0, 1).eq(sorted.slice(0, 0, n - 1))))
    fail("among {} draws of one datum two are equal; each needs noise of its own", n);
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
  expect_none(f, f, datum.unsqueeze(0).ne(datum.unsqueeze(1)), "the draws of two data");
  for (const int64_t lag : {int64_t{1}, int64_t{2}, int64_t{3}, n / 2})
    expect_none(f.slice(0, lag), f.slice(0, 0, n - lag), at::ones_like(f.t().matmul(f)).to(at::kBool),
                fmt::format("a draw and the {} one after it", lag == 1 ? "next" : fmt::format("{}th", lag)));
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
    const auto where = [&](double by) {
      return fmt::format("with its parameter {} moved by {:g} (float32)", name, by);
    };
    for (const double by : {-70., 70.}) {
      const Draw far = draw(t, by, at::kFloat);
      const Tensor is_ordinary = far.z.abs().amax(2) < 1e6;
      if (const auto i = first_true(is_ordinary & far.log_prob.isfinite().logical_not()))
        fail("{} a draw has log q {}; expected a finite number: compute it from the noise, not from z", where(by),
             in_words(far.log_prob.flatten()[*i]));
    }
    for (const double by : {-20., 20.}) {
      const Tensor single = draw(t, by, at::kFloat).log_prob.to(at::kDouble), exact = draw(t, by, at::kDouble).log_prob;
      const double off = z_of_difference(single, exact), mean = number(exact.mean());
      if (std::abs(off) > most_z && std::abs(number(single.mean()) - mean) > 1e-3 * std::max(1., std::abs(mean)))
        fail("{} log q of the draws is {:.6g} on average, and in float64 {:.6g}: compute it from the noise, not from z",
             where(by), number(single.mean()), mean);
    }
  }
}

}  // namespace elbo::conformance
