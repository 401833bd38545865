// What is kept apart, and what is added up.
#include "conformance/likelihood.hpp"

namespace elbo::conformance {
namespace {

void expect_shape(const Tensor& t, const Shape& expected, const std::string& what) {
  if (t.sizes().vec() != expected)
    fail("{} has shape {}; expected {}", what, to_string(t.sizes().vec()), to_string(expected));
}

void check_shapes_of(const LikelihoodSubject& subject, const Shape& x_shape, int64_t samples, int64_t batch) {
  const auto likelihood = subject.make(x_shape);
  const Tensor raw = varied_raw(*likelihood, samples, batch, 1);
  const Theta theta = theta_of(*likelihood, raw);
  Rng rng = double_rng(1);
  const Tensor x = likelihood->sample(theta, rng);
  const std::string words = fmt::format(" for S = {}, B = {}, x {}", samples, batch, to_string(x_shape));
  expect_shape(x, Shape{samples, batch} + x_shape, "sample" + words);
  expect_shape(likelihood->log_prob(x[0], theta), {samples, batch}, "log_prob" + words);
  if (likelihood->has_mean()) expect_shape(likelihood->mean(theta), Shape{samples, batch} + x_shape, "mean" + words);
  if (const auto each = likelihood->log_prob_per_value(x[0], theta))
    expect_close(elbo::sum_event(*each), likelihood->log_prob(x[0], theta), 1e-9,
                 "the sum of log_prob_per_value" + words + ", against log_prob,");
  if (const auto v = likelihood->variance(theta)) expect_shape(*v, Shape{samples, batch} + x_shape, "variance" + words);
  if (const auto m = likelihood->interval_log_prob(x[0] - 0.1, x[0] + 0.1, theta))
    expect_shape(*m, {samples, batch}, "interval_log_prob" + words);
  if (subject.support == Support::binary || subject.support == Support::levels)
    if (x.ne(x.floor()).any().item<bool>()) fail("sample{} is not whole numbers", words);
}

}  // namespace

void check_shapes(const LikelihoodSubject& subject) {
  for (const Shape& x : {Shape{3}, Shape{1, 2, 2}, Shape{3, 2, 2}})
    for (const int64_t samples : {1, 3})
      for (const int64_t batch : {1, 5}) check_shapes_of(subject, x, samples, batch);
}

void check_each_datum_alone(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({3, 2, 2});
  perturb(*likelihood, 0.5, 1);
  const Tensor raw = varied_raw(*likelihood, 3, 5, 2), x = data_for(*likelihood, raw, 3);
  const auto results = [&](const Tensor& data, const Tensor& at_raw) {
    const Theta theta = theta_of(*likelihood, at_raw);
    std::vector<std::pair<std::string, Tensor>> all = {{"log_prob", likelihood->log_prob(data, theta)}};
    if (likelihood->has_mean()) all.emplace_back("mean", likelihood->mean(theta));
    if (const auto v = likelihood->variance(theta)) all.emplace_back("variance", *v);
    if (const auto m = likelihood->interval_log_prob(data * 0.9, data * 0.9 + 0.05, theta))
      all.emplace_back("interval_log_prob", *m);
    return all;
  };
  const auto together = results(x, raw);
  for (int64_t s = 0; s < 3; ++s)
    for (int64_t b = 0; b < 5; ++b) {
      const auto alone = results(x.slice(0, b, b + 1), raw.slice(0, s, s + 1).slice(1, b, b + 1));
      for (size_t i = 0; i < alone.size(); ++i)
        expect_close(together[i].second.slice(0, s, s + 1).slice(1, b, b + 1), alone[i].second, 1e-11,
                     fmt::format("{} of sample {} and datum {} among 3 x 5, not alone,", alone[i].first, s, b));
    }
}

void check_leaves_inputs(const LikelihoodSubject& subject) {
  const auto likelihood = subject.make({3, 2, 2});
  const Tensor raw = varied_raw(*likelihood, 2, 3, 1), x = data_for(*likelihood, raw, 1);
  const Tensor raw_before = raw.clone(), x_before = x.clone(), hi = x + 0.5;
  const NamedTensors state = state_of(*likelihood);
  const Theta theta = theta_of(*likelihood, raw);
  const auto unchanged = [&](const char* function) {
    if (!x.equal(x_before)) fail("{} changes x in place", function);
    if (!hi.equal(x_before + 0.5)) fail("{} changes hi in place", function);
    if (!raw.equal(raw_before)) fail("{} changes theta in place", function);
    const NamedTensors now = state_of(*likelihood);
    for (size_t i = 0; i < now.size(); ++i)
      if (!now[i].second.equal(state[i].second)) fail("{} changes {} of the module", function, now[i].first);
  };
  Rng rng = double_rng(1);
  likelihood->log_prob(x, theta), unchanged("log_prob");
  likelihood->interval_log_prob(x, hi, theta), unchanged("interval_log_prob");
  if (likelihood->has_mean()) likelihood->mean(theta), unchanged("mean");
  likelihood->variance(theta), unchanged("variance");
  likelihood->sample(theta, rng), unchanged("sample");
}

}  // namespace elbo::conformance
