// Gradients, precision, extremes and what the support excludes.
#include <cmath>

#include "conformance/likelihood.hpp"

namespace elbo::conformance {
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

/// [combinations, 1, numel(params)]: the first parameter and the others apart, the smallest values first.
Tensor extreme_raw(const std::vector<Param>& params, const std::vector<double>& first,
                   const std::vector<double>& others) {
  const int64_t size = numel(params), head = params.empty() ? 0 : numel(params.front().shape);
  std::vector<Tensor> all;
  for (const double a : first)
    for (const double b : others)
      all.push_back(at::cat({at::full({head}, a, at::kDouble), at::full({size - head}, b, at::kDouble)}));
  return at::stack(all).unsqueeze(1);
}

void expect_finite(const Likelihood& likelihood, const Tensor& values, const Tensor& all_raw, at::ScalarType dtype) {
  const char* precision = dtype == at::kFloat ? "float32" : "float64";
  const Shape& shape = likelihood.context().observation.shape;
  const Tensor x =
      values.view({-1, 1}).expand({values.numel(), numel(shape)}).to(dtype).reshape(Shape{values.numel()} + shape);
  const Tensor raw =
      all_raw.to(dtype).expand({all_raw.size(0), values.numel(), all_raw.size(2)}).clone().requires_grad_();
  const Tensor log_p = likelihood.log_prob(x, theta_of(likelihood, raw));
  const Tensor at_end = ((values == 0) | (values == 1)).unsqueeze(0);
  const bool open = likelihood.support() == Support::unit_interval;
  const Tensor bad = open ? log_p.isfinite().logical_not() & (at_end & (log_p == -infinity)).logical_not()
                          : log_p.isfinite().logical_not();
  const auto place = [&](int64_t s, int64_t b) {
    return fmt::format("at {}, x = {:g} ({})", in_words(likelihood.params(), raw.detach()[s][b]), number(values[b]),
                       precision);
  };
  const int64_t batch = values.numel();
  if (const auto i = first_true(bad))
    fail("{} log_prob is {}; expected a finite number", place(*i / batch, *i % batch), in_words(log_p.flatten()[*i]));
  if (!log_p.requires_grad()) return;
  log_p.masked_fill(log_p == -infinity, 0).sum().backward();
  if (!raw.grad().defined()) return;
  const Tensor unsound = raw.grad().isfinite().all(2).logical_not() & (log_p == -infinity).logical_not();
  if (const auto i = first_true(unsound))
    fail("{} the gradient of log_prob is {}; expected finite numbers", place(*i / batch, *i % batch),
         in_words(raw.grad()[*i / batch][*i % batch]));
}

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
         const Tensor lo = (x * 256).floor() / 256;  // a level of 256: exact in both precisions
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
    const Tensor found32 = of(*single, x32, theta_of(*single, raw32)).detach(), found = found32.to(at::kDouble), expected = log_p.detach();
    if (found32.scalar_type() != at::kFloat) fail("{} of float32 is not float32", name);
    const Tensor allowed = 1e-4 * expected.abs().clamp_min(1) + 16 * rounding_error(log_p, raw64, x64);
    const Tensor near = ((found - expected).abs() <= allowed) | (found == expected) | expected.isfinite().logical_not();
    if (const auto i = first_true(near.logical_not())) {
      const int64_t s = *i / data.size(0), b = *i % data.size(0);
      fail("at {}, x = {}, {} is {:.8g} in float32 and {:.8g} in float64", in_words(exact->params(), raw64.detach()[s][b]),
           in_words(x32[b]), name, number(found[s][b]), number(expected[s][b]));
    }
  }
}

}  // namespace

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
    const Tensor lo = x * 0.9, hi = x * 0.9 + 0.05;
    if (!likelihood->interval_log_prob(lo, hi, theta_of(*likelihood, raw))) continue;
    expect_gradient([&] { return likelihood->interval_log_prob(lo, hi, theta_of(*likelihood, raw))->sum(); }, leaves,
                    where + ", interval_log_prob");
  }
}

void check_precision(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({2});
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const Tensor raw = varied_raw(*likelihood, 2, 4, seed);
    expect_same_in_float32(subject, raw, data_for(*likelihood, raw, seed));
  }
  const Tensor extremes = extreme_raw(likelihood->params(), {0, 5, -5, 10, 15}, {0, 5, 10, 15, -10});
  for (int64_t i = 0; i < extremes.size(0); ++i) {
    const Tensor raw = extremes.slice(0, i, i + 1).expand({1, 4, extremes.size(2)});
    expect_same_in_float32(subject, raw, data_for(*likelihood, raw, static_cast<uint64_t>(i)));
  }
}

void check_extremes(const LikelihoodSubject& subject) {
  const std::vector<double> first = {0, 1e-8, -1e-8, 1, -1, 20, -20, 50, -50, 88, -88, 100, -100, 1e3, -1e3};
  const Tensor x = doubles(corners(subject.support));
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto likelihood = subject.make({3});
    likelihood->to_like(at::empty({}, dtype));
    expect_finite(*likelihood, x, extreme_raw(likelihood->params(), first, {0, 20, -20, 50, -50, 1e3, -1e3}), dtype);
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
      fail("one datum outside the support changes the log_prob of another to {}", in_words(log_p.select(1, 0)));
  }
  try {
    const Tensor log_p = score(std::numeric_limits<double>::quiet_NaN()).select(1, 1);
    if (log_p.isfinite().any().item<bool>())
      fail("x = NaN has log_prob {}; expected -inf, NaN or an error", in_words(log_p));
  } catch (const Error&) {
    // A refusal is as good as a value that cannot be mistaken.
  }
}

}  // namespace elbo::conformance
