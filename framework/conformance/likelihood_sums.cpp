// Independent values of x are scored, described and drawn as each of them would be alone.
#include "conformance/likelihood.hpp"
#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

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
    for (const Param& param : likelihood.params())
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
  expect_draws_follow(Law(part.likelihood, part.raw[0][0]), division.slice(x, i), division.words(i) + " ");
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

}  // namespace elbo::conformance
