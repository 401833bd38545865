// Gradients, extremes and what the support excludes.
#include <cmath>

#include "conformance/likelihood/likelihood.hpp"
#include "conformance/network/network.hpp"

namespace elbo::host::conformance {
namespace {

/// Values of x within the support that are hardest; the ends of [0, 1] may have no density.
std::vector<double> corners(Support support) {
  switch (support) {
    case Support::binary:
      return {0, 1};
    case Support::levels:
      return {0, 1, 128, 255};
    case Support::counts:
      return {0, 1, 7, 1000};
    case Support::simplex_counts:
      return {0, 1, 7, 1000};
    case Support::unit_interval:
      return {0.5, 1. / 512, 511. / 512, 0, 1};
    case Support::positive:
      return {1, 1e-3, 1e4};
    case Support::real:
    case Support::mixed:
      return {0, 0.5, -1, 2, 1e4};
  }
  return {};
}

std::vector<double> excluded(const Observation& observation) {
  switch (observation.support) {
    case Support::binary:
      return {0.5, -1, 2};
    case Support::levels:
      return {0.5, -1, static_cast<double>(observation.levels)};
    case Support::counts:
      return {0.5, -1};
    case Support::simplex_counts:
      return {0.5, -1};
    case Support::unit_interval:
      return {-0.1, 1.5};
    case Support::positive:
      return {-1};
    case Support::real:
    case Support::mixed:
      return {};
  }
  return {};
}

/// What must be finite at values of x, whatever the raw parameters: log_prob, and the masses of a narrow and of two endless intervals.
struct Scored {
  std::string name;
  std::function<std::optional<Tensor>(const Likelihood& likelihood, const Tensor& x, const Theta& theta)> of;
};

std::vector<Scored> scored(Support support) {
  std::vector<Scored> all = {{"log_prob", [](const Likelihood& l, const Tensor& x, const Theta& theta) {
                                return std::optional(l.log_prob(x, theta));
                              }}};
  if (is_countable(support)) return all;
  const double least = support == Support::real ? -infinity : 0,
               most = support == Support::unit_interval ? 1 : infinity;
  // Away from the ends, so that there is room on both sides.
  const auto inner = [=](const Tensor& x) { return x.clamp(least + 1. / 512, most - 1. / 256); };
  all.push_back({"the log mass from x to x + 1/256", [=](const Likelihood& l, const Tensor& x, const Theta& theta) {
                   return l.interval_log_prob(inner(x), inner(x) + 1. / 256, theta);
                 }});
  all.push_back({"the log mass below x", [=](const Likelihood& l, const Tensor& x, const Theta& theta) {
                   return l.interval_log_prob(at::full_like(x, least), inner(x), theta);
                 }});
  all.push_back({"the log mass above x", [=](const Likelihood& l, const Tensor& x, const Theta& theta) {
                   return l.interval_log_prob(inner(x), at::full_like(x, most), theta);
                 }});
  return all;
}

void expect_finite(const Likelihood& likelihood, const Scored& score, const Tensor& values, const Tensor& all_raw,
                   at::ScalarType dtype) {
  const char* precision = dtype == at::kFloat ? "float32" : "float64";
  const Shape& shape = likelihood.context().observation.shape;
  const Tensor x =
      values.view({-1, 1}).expand({values.numel(), numel(shape)}).to(dtype).reshape(Shape{values.numel()} + shape);
  const Tensor raw =
      all_raw.to(dtype).expand({all_raw.size(0), values.numel(), all_raw.size(2)}).clone().requires_grad_();
  const auto found = score.of(likelihood, x, theta_of(likelihood, raw));
  if (!found) return;
  const Tensor& log_p = *found;
  // A density of [0, 1] may be 0 at its ends.
  const Tensor at_end = ((values == 0) | (values == 1)).unsqueeze(0);
  const bool open = likelihood.support() == Support::unit_interval && score.name == "log_prob";
  const Tensor bad = open ? log_p.isfinite().logical_not() & (at_end & (log_p == -infinity)).logical_not()
                          : log_p.isfinite().logical_not();
  const auto place = [&](int64_t s, int64_t b) {
    return fmt::format("at {}, x = {:g} ({})", in_words(likelihood.params(), raw.detach()[s][b]), number(values[b]),
                       precision);
  };
  const int64_t batch = values.numel();
  if (const auto i = first_true(bad))
    fail("{} {} is {}; expected a finite number", place(*i / batch, *i % batch), score.name,
         in_words(log_p.flatten()[*i]));
  if (!log_p.requires_grad()) return;
  log_p.masked_fill(log_p == -infinity, 0).sum().backward();
  if (!raw.grad().defined()) return;
  const Tensor unsound = raw.grad().isfinite().all(2).logical_not() & (log_p == -infinity).logical_not();
  if (const auto i = first_true(unsound))
    fail("{} the gradient of {} is {}; expected finite numbers", place(*i / batch, *i % batch), score.name,
         in_words(raw.grad()[*i / batch][*i % batch]));
}

// Training is in float32: what it loses against float64, beyond what the rounding of the inputs explains.

/// What rounding the inputs to float32 already does to log_prob: no program can do better by much.
Tensor rounding_error(const Tensor& log_p, const Tensor& raw, const Tensor& x) {
  const auto grads = [&](const Tensor& leaf) { return leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf); };
  if (log_p.requires_grad()) log_p.sum().backward();
  const Tensor by_raw = (grads(raw) * raw.detach()).abs().sum(2);
  const Tensor by_x = (grads(x) * x.detach()).abs().flatten(1).sum(1);
  return (by_raw + by_x) * std::numeric_limits<float>::epsilon();
}

/// What is compared in two precisions: a number for each sample and data point.
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

/// By the parameters that the likelihood owns.
void expect_same_own_gradient_in_float32(const LikelihoodSubject& subject, const Tensor& raw, const Tensor& data) {
  const auto exact = subject.settled({2}), single = subject.make({2});
  perturb(*exact, 0.3, 3);
  single->to_like(at::empty({}, at::kFloat));
  set_state(*single, state_of(*exact));
  const Tensor raw32 = raw.to(at::kFloat), x32 = data.to(at::kFloat);
  for (const Compared& compared_value : compared()) {
    if (!compared_value.of(*exact, x32.to(at::kDouble), theta_of(*exact, raw32.to(at::kDouble))).defined()) continue;
    expect_same_gradients(
        *exact, *single, x32,
        [&](Module& likelihood, const Tensor& own) {
          const auto& l = dynamic_cast<const Likelihood&>(likelihood);
          const Tensor each = compared_value.of(l, own, theta_of(l, raw32.to(own.scalar_type())));
          return each.masked_fill(each.isfinite().logical_not(), 0).sum();
        },
        compared_value.name);
  }
}

}  // namespace

Tensor extreme_raw(const std::vector<DecoderOutput>& params, const std::vector<double>& first,
                   const std::vector<double>& others) {
  const int64_t size = numel(params), head = params.empty() ? 0 : numel(params.front().shape);
  std::vector<Tensor> all;
  for (const double a : first)
    for (const double b : others)
      all.push_back(at::cat({at::full({head}, a, at::kDouble), at::full({size - head}, b, at::kDouble)}));
  return at::stack(all).unsqueeze(1);
}

void check_gradients(const LikelihoodSubject& subject) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const auto likelihood = subject.make({1, 1, 2});
    if (seed > 1) perturb(*likelihood, 0.5, seed);
    // 0, close to 0, and two ordinary places
    const Tensor raw = varied_raw(*likelihood, 1, 1, seed, seed == 1 ? 1e-3 : 1).clone().requires_grad_();
    const Tensor x = data_for(*likelihood, raw.detach(), seed + 1);
    std::vector<std::pair<std::string, Tensor>> leaves = {{"the raw parameters", raw}};
    for (const auto& parameter : likelihood->named_parameters()) leaves.push_back(parameter);
    const std::string where = fmt::format("at {}, x = {}", in_words(likelihood->params(), raw), in_words(x));
    expect_gradient([&] { return likelihood->log_prob(x, theta_of(*likelihood, raw)).sum(); }, leaves,
                    where + ", log_prob");
    if (likelihood->has_mean())
      expect_gradient([&] { return weighted_sum({{"mean", likelihood->mean(theta_of(*likelihood, raw))}}); }, leaves,
                      where + ", mean");
    const Tensor lo = x * 0.9, hi = x * 0.9 + 0.05;
    if (!likelihood->interval_log_prob(lo, hi, theta_of(*likelihood, raw))) continue;
    expect_gradient([&] { return likelihood->interval_log_prob(lo, hi, theta_of(*likelihood, raw))->sum(); }, leaves,
                    where + ", interval_log_prob");
  }
}

void check_extremes(const LikelihoodSubject& subject) {
  const std::vector<double> first = {0, 1e-8, -1e-8, 1, -1, 20, -20, 50, -50, 88, -88, 100, -100, 1e3, -1e3};
  const Tensor x = doubles(corners(subject.support));
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto likelihood = subject.make({3});
    likelihood->to_like(at::empty({}, dtype));
    const Tensor raw = extreme_raw(likelihood->params(), first, {0, 20, -20, 50, -50, 1e3, -1e3});
    for (const Scored& score : scored(subject.support)) expect_finite(*likelihood, score, x, raw, dtype);
  }
}

void check_outside(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({3});
  const Tensor raw = varied_raw(*likelihood, 2, 2, 1), inside = data_for(*likelihood, raw, 1);
  const auto score = [&](double value) {
    Tensor x = inside.clone();
    x[1][2] = value;
    return likelihood->log_prob(x, theta_of(*likelihood, raw)).detach();
  };
  for (const double value : excluded(likelihood->context().observation)) {
    const Tensor log_p = score(value);
    if (!(log_p.select(1, 1) == -infinity).all().item<bool>())
      fail("x = {:g}, which {} excludes, has log_prob {}; expected -inf", value, to_string(subject.support),
           in_words(log_p.select(1, 1)));
    if (!log_p.select(1, 0).isfinite().all().item<bool>())
      fail("one data point outside the support changes the log_prob of another to {}", in_words(log_p.select(1, 0)));
  }
  try {
    const Tensor log_p = score(std::numeric_limits<double>::quiet_NaN()).select(1, 1);
    if (log_p.isfinite().any().item<bool>())
      fail("x = NaN has log_prob {}; expected -inf, NaN or an error", in_words(log_p));
  } catch (const Error&) {
    // A refusal is as good as a value that cannot be mistaken.
  }
}

void check_precision(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({2});
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const Tensor raw = varied_raw(*likelihood, 2, 4, seed), data = data_for(*likelihood, raw, seed);
    expect_same_in_float32(subject, raw, data);
    if (raw.numel() > 0) expect_same_gradient_in_float32(subject, raw, data);
    if (!likelihood->named_parameters().empty()) expect_same_own_gradient_in_float32(subject, raw, data);
  }
  const Tensor extremes = extreme_raw(likelihood->params(), {0, 5, -5, 10, -10, 15, -30}, {0, 5, -5, 10, 15, -10});
  for (int64_t i = 0; i < extremes.size(0); ++i) {
    const Tensor raw = extremes.slice(0, i, i + 1).expand({1, 4, extremes.size(2)});
    expect_same_in_float32(subject, raw, data_for(*likelihood, raw, static_cast<uint64_t>(i)));
  }
}

}  // namespace elbo::host::conformance
