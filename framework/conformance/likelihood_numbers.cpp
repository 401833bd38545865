// Gradients, extremes and what the support excludes.
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

}  // namespace

Tensor extreme_raw(const std::vector<Param>& params, const std::vector<double>& first,
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
