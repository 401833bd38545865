// Training is in float32: what it loses against float64, beyond what the rounding of the inputs explains.
#include <cmath>

#include "conformance/likelihood.hpp"

namespace elbo::conformance {
namespace {

/// What rounding the inputs to float32 already does to log_prob: no program can do better by much.
Tensor rounding_error(const Tensor& log_p, const Tensor& raw, const Tensor& x) {
  const auto grads = [&](const Tensor& leaf) { return leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf); };
  if (log_p.requires_grad()) log_p.sum().backward();
  const Tensor by_raw = (grads(raw) * raw.detach()).abs().sum(2);
  const Tensor by_x = (grads(x) * x.detach()).abs().flatten(1).sum(1);
  return (by_raw + by_x) * std::numeric_limits<float>::epsilon();
}

/// What is compared in two precisions: a number for each sample and datum.
struct Compared {
  std::string name;
  std::function<Tensor(const Likelihood& likelihood, const Tensor& x, const Theta& theta)> of;
};

const std::vector<Compared>& compared() {
  static const std::vector<Compared> all = {
      {"log_prob", [](const Likelihood& l, const Tensor& x, const Theta& theta) { return l.log_prob(x, theta); }},
      {"interval_log_prob", [](const Likelihood& l, const Tensor& x, const Theta& theta) {
         const Tensor lo = (x.clamp(-16384, 16384) * 256).floor() / 256;  // a level of 256: exact in both precisions
         const auto mass = l.interval_log_prob(lo, lo + 1. / 256, theta);
         return mass ? *mass : Tensor();
       }}};
  return all;
}

void expect_same_in_float32(const LikelihoodSubject& subject, const Tensor& raw, const Tensor& data) {
  const auto exact = subject.make({2}), single = subject.make({2});
  single->to_like(at::empty({}, at::kFloat));
  const Tensor raw32 = raw.to(at::kFloat), x32 = data.to(at::kFloat);
  for (const auto& [name, of] : compared()) {
    const Tensor raw64 = raw32.to(at::kDouble).requires_grad_();
    const Tensor x64 = x32.to(at::kDouble).requires_grad_(!is_countable(subject.support));
    const Tensor log_p = of(*exact, x64, theta_of(*exact, raw64));
    if (!log_p.defined()) continue;
    const Tensor found32 = of(*single, x32, theta_of(*single, raw32)).detach(), found = found32.to(at::kDouble),
                 expected = log_p.detach();
    if (found32.scalar_type() != at::kFloat) fail("{} of float32 is not float32", name);
    const Tensor allowed = 1e-4 * expected.abs().clamp_min(1) + 16 * rounding_error(log_p, raw64, x64);
    const Tensor near = ((found - expected).abs() <= allowed) | (found == expected) | expected.isfinite().logical_not();
    if (const auto i = first_true(near.logical_not())) {
      const int64_t s = *i / data.size(0), b = *i % data.size(0);
      fail("at {}, x = {}, {} is {:.8g} in float32 and {:.8g} in float64",
           in_words(exact->params(), raw64.detach()[s][b]), in_words(x32[b]), name, number(found[s][b]),
           number(expected[s][b]));
    }
  }
}

/// d sum / d raw, [S, B, numel(params)]; 0 where the value is not finite.
Tensor gradient_by_raw(const Likelihood& likelihood, const Compared& value, const Tensor& x, const Tensor& raw) {
  const Tensor leaf = raw.detach().clone().requires_grad_();
  const Tensor found = value.of(likelihood, x, theta_of(likelihood, leaf));
  if (found.requires_grad()) found.masked_fill(found.isfinite().logical_not(), 0).sum().backward();
  return leaf.grad().defined() ? leaf.grad().to(at::kDouble) : at::zeros_like(raw, at::kDouble);
}

/// How much the gradient changes when each input is off by two units in its last place of float32, in either direction.
Tensor gradient_noise(const Likelihood& likelihood, const Compared& value, const Tensor& x, const Tensor& raw,
                      const Tensor& gradient, bool moves_x) {
  Tensor most = at::zeros_like(gradient);
  Rng rng = double_rng(17);
  const auto nudged = [&](const Tensor& t) {
    const Tensor sign = (rng.uniform(Shape{1, 1, t.numel()}).view_as(t) < 0.5).to(at::kDouble) * 2 - 1;
    return t * (1 + sign * std::ldexp(1., -22));
  };
  for (int i = 0; i < 4; ++i)
    most =
        at::maximum(most, (gradient_by_raw(likelihood, value, moves_x ? nudged(x) : x, nudged(raw)) - gradient).abs());
  return most;
}

void expect_same_gradient_in_float32(const LikelihoodSubject& subject, const Tensor& raw, const Tensor& data) {
  const auto exact = subject.make({2}), single = subject.make({2});
  single->to_like(at::empty({}, at::kFloat));
  const Tensor raw32 = raw.to(at::kFloat), x32 = data.to(at::kFloat), raw64 = raw32.to(at::kDouble),
               x64 = x32.to(at::kDouble);
  for (const Compared& value : compared()) {
    const Tensor there = value.of(*exact, x64, theta_of(*exact, raw64));
    if (!there.defined()) continue;
    const Tensor expected = gradient_by_raw(*exact, value, x64, raw64),
                 found = gradient_by_raw(*single, value, x32, raw32);
    const Tensor noise =
        gradient_noise(*exact, value, x64, raw64, expected, !is_countable(subject.support) && value.name == "log_prob");
    const Tensor largest = expected.abs().amax(2, true);
    const Tensor near = ((found - expected).abs() <= 1e-2 * largest + 8 * noise + 1e-6) |
                        expected.isfinite().logical_not() | there.isfinite().logical_not().unsqueeze(2);
    if (const auto i = first_true(near.logical_not())) {
      const int64_t size = raw.size(2), s = *i / size / data.size(0), b = *i / size % data.size(0);
      fail("at {}, x = {}, the gradient of {} by raw number {} is {:.6g} in float32 and {:.6g} in float64",
           in_words(exact->params(), raw64[s][b]), in_words(x32[b]), value.name, *i % size, number(found.flatten()[*i]),
           number(expected.flatten()[*i]));
    }
  }
}

}  // namespace

void check_precision(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({2});
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const Tensor raw = varied_raw(*likelihood, 2, 4, seed), data = data_for(*likelihood, raw, seed);
    expect_same_in_float32(subject, raw, data);
    if (raw.numel() > 0) expect_same_gradient_in_float32(subject, raw, data);
  }
  const Tensor extremes = extreme_raw(likelihood->params(), {0, 5, -5, 10, -10, 15, -30}, {0, 5, -5, 10, 15, -10});
  for (int64_t i = 0; i < extremes.size(0); ++i) {
    const Tensor raw = extremes.slice(0, i, i + 1).expand({1, 4, extremes.size(2)});
    expect_same_in_float32(subject, raw, data_for(*likelihood, raw, static_cast<uint64_t>(i)));
  }
}

}  // namespace elbo::conformance
