// What is kept apart, and what is added up.
#include "conformance/likelihood/likelihood.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
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

// Independent values of x are scored, described and drawn as each of them would be alone.

/// How x is divided: into equal parts along one of its dimensions.
struct Division {
  Shape x;
  int64_t dim, parts;

  int64_t length() const { return x[static_cast<size_t>(dim)] / parts; }
  Shape part() const {
    Shape shape = x;
    shape[static_cast<size_t>(dim)] = length();
    return shape;
  }
  /// Part i of a tensor whose last dimensions are those of x.
  Tensor slice(const Tensor& t, int64_t i) const {
    return t.slice(dim - static_cast<int64_t>(x.size()), i * length(), (i + 1) * length());
  }
  /// Whether tensors of these shapes are of the whole and of a part, with the same dimensions before those of x.
  bool divides(const Shape& whole, const Shape& of_part) const {
    const auto is = [&](const Shape& shape, const Shape& last) {
      return shape.size() >= last.size() && std::equal(last.rbegin(), last.rend(), shape.rbegin());
    };
    const auto before = static_cast<std::ptrdiff_t>(whole.size() - x.size());
    return is(whole, x) && is(of_part, part()) && whole.size() == of_part.size() &&
           std::equal(whole.begin(), whole.begin() + before, of_part.begin());
  }
  std::string words(int64_t i) const {
    return fmt::format("part {} {} of an x {}", i, to_string(part()), to_string(x));
  }
};

/// A shape that ends in that of x, with that of a part in its place.
Shape divided(Shape shape, const Division& division) {
  if (shape.size() < division.x.size()) return {};
  shape.resize(shape.size() - division.x.size());
  return shape + division.part();
}

/// The likelihood of some of the values, with their share of all parameters. Throws Skip where these cannot be divided.
struct Part {
  std::shared_ptr<Likelihood> likelihood;
  Tensor raw;

  Part(const LikelihoodSubject& subject, const Division& division, const Likelihood& whole, const Tensor& whole_raw,
       int64_t which)
      : likelihood(subject.make(division.part())) {
    const auto params = whole.params(), own_params = likelihood->params();
    const Theta theta = theta_of(whole, whole_raw);
    std::vector<Tensor> blocks;
    for (size_t i = 0; i < params.size(); ++i) {
      if (i >= own_params.size() || !division.divides(params[i].shape, own_params[i].shape))
        skip("its parameter {} {} does not split with x", params[i].name, to_string(params[i].shape));
      blocks.push_back(division.slice(theta[params[i].name], which).flatten(2));
    }
    raw = blocks.empty() ? whole_raw : at::cat(blocks, 2);
    NamedTensors state = state_of(whole), own = state_of(*likelihood);
    for (size_t i = 0; i < state.size(); ++i)
      if (i < own.size() && division.divides(state[i].second.sizes().vec(), own[i].second.sizes().vec()))
        state[i].second = division.slice(state[i].second, which);
    set_state(*likelihood, state);
  }

  Theta theta() const { return theta_of(*likelihood, raw); }
};

/// Whether the parts of x are independent given theta, whatever the scale of log_prob.
bool factorises(const Likelihood& likelihood, const Division& division, const Tensor& a, const Tensor& b,
                const Theta& theta) {
  const auto score = [&](const Tensor& first, const Tensor& others) {
    std::vector<Tensor> parts = {division.slice(first, 0)};
    for (int64_t i = 1; i < division.parts; ++i) parts.push_back(division.slice(others, i));
    return likelihood.log_prob(at::cat(parts, division.dim + 1), theta).detach();
  };
  const Tensor difference = score(a, a) + score(b, b) - score(a, b) - score(b, a);
  return difference.abs().max().item<double>() <= 1e-9 * score(a, a).abs().max().clamp_min(1).item<double>();
}

/// Whether what each part of x adds to log_prob depends on no raw numbers but those at its places.
bool has_own_parameters(const Likelihood& likelihood, const Division& division, const Tensor& a, const Tensor& b,
                        const Tensor& raw) {
  for (int64_t part = 0; part < division.parts; ++part) {
    Tensor mixed = b.clone();
    division.slice(mixed, part).copy_(division.slice(a, part));
    const Tensor leaf = raw.clone().requires_grad_();
    const Theta theta = theta_of(likelihood, leaf);
    const Tensor gain = likelihood.log_prob(mixed, theta) - likelihood.log_prob(b, theta);
    if (gain.requires_grad()) gain.sum().backward();
    if (!leaf.grad().defined()) continue;
    const Theta moved = theta_of(likelihood, leaf.grad());
    for (const DecoderOutput& param : likelihood.params())
      for (int64_t i = 0; i < division.parts; ++i)
        if (i != part && division.divides(param.shape, divided(param.shape, division)) &&
            division.slice(moved[param.name], i).ne(0).any().item<bool>())
          return false;
  }
  return true;
}

void expect_sum(const Tensor& whole, const Tensor& sum, const Division& division, const char* what) {
  const Tensor average = sum / division.parts;
  if ((whole - average).abs().max().item<double>() < 1e-9 * sum.abs().max().item<double>())
    fail("{} of an x {} is the average of those of its parts {}; expected the sum, {} not {}", what,
         to_string(division.x), to_string(division.part()), in_words(sum[0][0]), in_words(whole[0][0]));
  expect_close(whole, sum, 1e-10,
               fmt::format("{} of an x {} with {} parts {}", what, to_string(division.x), division.parts,
                           to_string(division.part())));
}

void expect_draws_of_part(const Likelihood& whole, const Division& division, const Tensor& raw, const Part& part,
                          int64_t i) {
  constexpr int64_t draws = 4096;
  const Tensor x = data_for(whole, raw.slice(0, 0, 1).slice(1, 0, 1).expand({1, draws, -1}), 77);
  expect_draws_follow(Distribution(part.likelihood, part.raw[0][0]), division.slice(x, i), division.words(i) + " ");
}

void check_division(const LikelihoodSubject& subject, const Division& division) {
  const auto likelihood = subject.make(division.x);
  perturb(*likelihood, 0.5, 1);
  const Tensor raw = varied_raw(*likelihood, 2, 3, 1);
  const Theta theta = theta_of(*likelihood, raw);
  const Tensor x = data_for(*likelihood, raw, 1), other = data_for(*likelihood, raw, 2);
  if (!factorises(*likelihood, division, x, other, theta)) skip("the values of x depend on each other given theta");
  if (!has_own_parameters(*likelihood, division, x, other, raw)) skip("the values of x share their parameters");
  Tensor log_prob = at::zeros({2, 3}, at::kDouble), log_mass = log_prob.clone();
  const Tensor lo = x * 0.9, hi = x * 0.9 + 0.05;
  const std::optional<Tensor> mean = likelihood->has_mean() ? std::optional(likelihood->mean(theta)) : std::nullopt;
  const auto variance = likelihood->variance(theta), mass = likelihood->interval_log_prob(lo, hi, theta);
  for (int64_t i = 0; i < division.parts; ++i) {
    const Part part(subject, division, *likelihood, raw, i);
    log_prob += part.likelihood->log_prob(division.slice(x, i), part.theta()).detach();
    if (mass)
      log_mass +=
          part.likelihood->interval_log_prob(division.slice(lo, i), division.slice(hi, i), part.theta())->detach();
    if (mean)
      expect_close(division.slice(*mean, i), part.likelihood->mean(part.theta()), 1e-10,
                   "the mean of " + division.words(i) + ", not alone,");
    if (variance)
      expect_close(division.slice(*variance, i), *part.likelihood->variance(part.theta()), 1e-10,
                   "the variance of " + division.words(i) + ", not alone,");
    if (numel(division.part()) == 1) expect_draws_of_part(*likelihood, division, raw, part, i);
  }
  expect_sum(likelihood->log_prob(x, theta), log_prob, division, "log_prob");
  if (mass) expect_sum(*mass, log_mass, division, "interval_log_prob");
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
  const NamedTensors together = results_of(*likelihood, x, raw);
  for (int64_t s = 0; s < 3; ++s)
    for (int64_t b = 0; b < 5; ++b) {
      const auto at = [&](const Tensor& t) { return t.slice(0, s, s + 1).slice(1, b, b + 1); };
      const NamedTensors alone = results_of(*likelihood, x.slice(0, b, b + 1), at(raw));
      for (size_t i = 0; i < alone.size(); ++i)
        if (alone[i].first != "sample")
          expect_close(at(together[i].second), alone[i].second, 1e-11,
                       fmt::format("{} of sample {} and data point {} among 3 x 5, not alone,", alone[i].first, s, b));
    }
  const Tensor other_raw = raw.flip({0}).contiguous(), other_x = x.flip({0}).contiguous();
  expect_follows_changes(x, other_x, [&](const Tensor& own) { return results_of(*likelihood, own, raw); }, "an x");
  expect_follows_changes(raw, other_raw, [&](const Tensor& own) { return results_of(*likelihood, x, own); }, "a theta");
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

void check_sums(const LikelihoodSubject& subject) {
  if (subject.support == Support::simplex_counts) skip("the values of x share a given sum and are not independent");
  std::string skipped;
  bool any = false;
  for (const Division& division : {Division{{1, 2, 4}, 2, 2}, {{1, 4, 2}, 1, 2}, {{3, 2, 2}, 0, 3}, {{3}, 0, 3}}) {
    try {
      check_division(subject, division);
      any = true;
    } catch (const Skip& skip) {
      skipped = skip.sentence;
    }
  }
  if (!any) skip("{}", skipped);
}

void check_sum_of(const LikelihoodSubject& subject, const Shape& x) {
  for (size_t dim = 0; dim < x.size(); ++dim)
    for (int64_t parts = 2; parts <= x[dim]; ++parts)
      if (x[dim] % parts == 0) return check_division(subject, {x, static_cast<int64_t>(dim), parts});
}

}  // namespace elbo::host::conformance
