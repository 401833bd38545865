// Samples: from the distribution that log_prob describes, and from the generator handed in.
#include <cmath>

#include "conformance/likelihood/distribution.hpp"
#include "conformance/likelihood/likelihood.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t sample_count = 4096, most_scores = 1 << 22, most_directions = 64;
constexpr double largest_z_of_many = 5.5;  // each of up to 64 numbers: an alarm by chance once in 400000 distributions

/// One number for each x, also of three counts with a given total and of a pixel.
Tensor code_of(const Tensor& x) {
  const Tensor flat = x.flatten(1);
  Tensor code = at::zeros({x.size(0)}, at::kDouble);
  for (int64_t j = 0; j < flat.size(1); ++j) code = code * 1000 + flat.select(1, j);
  return code;
}

void expect_cells(const Distribution& p, const Tensor& x, const std::string& where) {
  const Weighted all = whole(p);
  if (all.beyond > 1e-6) return;
  const auto [codes, order] = code_of(all.x).sort();
  const Tensor drawn = code_of(x);
  const Tensor cell = at::searchsorted(codes, drawn).clamp_max(codes.numel() - 1);
  if (const auto i = first_true(codes.index_select(0, cell).ne(drawn)))
    fail("{} a sample is {}, which the support excludes", where, in_words(x[*i]));
  const Tensor counts = at::bincount(cell, {}, codes.numel()).to(at::kDouble);
  expect_counts(counts, all.mass.index_select(0, order), all.x.flatten(1).select(1, 0).index_select(0, order), where);
}

/// Bins with equally many of other samples, so that they do not depend on those that are tested.
void expect_bins(const Distribution& p, const Tensor& x, const std::string& where) {
  const Tensor inner =
      std::get<0>(at::_unique2(p.draws(2048, 41).flatten().quantile(at::linspace(0.03, 0.97, 32, at::kDouble)), true));
  const Tensor counts =
      at::bincount(at::bucketize(x.flatten(), inner, false, true), {}, inner.numel() + 1).to(at::kDouble);
  const Weighted all = whole(p, inner);
  if (all.beyond > 1e-5) return;
  const Tensor masses = at::zeros({inner.numel() + 1}, at::kDouble)
                            .index_add(0, at::bucketize(all.x.flatten(), inner, false, true), all.mass);
  expect_counts(counts, masses, at::cat({inner, inner.slice(0, -1)}), where);
}

/// Signs about the median, so that heavy tails do not matter.
void expect_independent(const LikelihoodSubject& subject, const Shape& shape) {
  const auto likelihood = subject.make(shape);
  const Tensor x = data_for(*likelihood, varied_raw(*likelihood, 1, 1, 1).expand({1, sample_count, -1}), 9).flatten(1);
  const Tensor high = (x > std::get<0>(x.median(0))).to(at::kDouble), centred = high - high.mean(0);
  const Tensor spread = centred.square().mean(0).sqrt().clamp_min(0.03);
  const Tensor z =
      centred.t().matmul(centred) / (spread.unsqueeze(1) * spread) / std::sqrt(static_cast<double>(sample_count));
  const Tensor off = z.abs().tril(-1);
  const double limit = numel(shape) > 2 ? largest_z_of_many : largest_z;
  if (const auto i = first_true(off > limit)) {
    const int64_t row = *i / off.size(1), column = *i % off.size(1);
    fail("the values {} and {} of x {} are drawn together: they depend on each other (z = {:.1f})", column, row,
         to_string(shape), number(off[row][column]));
  }
}

/// Whether the first value of x and the others are independent given theta.
bool factorises_values(const LikelihoodSubject& subject, const Shape& shape) {
  if (subject.support == Support::simplex_counts) return false;
  const auto likelihood = subject.make(shape);
  const Tensor raw = varied_raw(*likelihood, 1, 3, 1);
  const Tensor a = data_for(*likelihood, raw, 1), b = data_for(*likelihood, raw, 2);
  const auto score = [&](const Tensor& left, const Tensor& right) {
    const Tensor mixed = at::cat({left.flatten(1).slice(1, 0, 1), right.flatten(1).slice(1, 1)}, 1).view_as(left);
    return likelihood->log_prob(mixed, theta_of(*likelihood, raw)).detach();
  };
  return (score(a, a) + score(b, b) - score(a, b) - score(b, a)).abs().max().item<double>() < 1e-9;
}

}  // namespace

void expect_draws_follow(const Distribution& p, const Tensor& x, const std::string& words) {
  const std::string where = words + p.where();
  if (const auto i = first_true(p.log_prob(x).isfinite().logical_not()))
    fail("{} a sample is {}, whose log_prob is {}", where, in_words(x[*i]),
         in_words(p.log_prob(x.slice(0, *i, *i + 1))));
  if (is_countable(p.support())) expect_cells(p, x, where);
  else expect_bins(p, x, where);
}

void check_draws(const LikelihoodSubject& subject) {
  uint64_t seed = 31;
  for (const Distribution& p : joined({subject.distributions(), subject.pixel_distributions(),
                                       subject.narrow_distributions(), subject.far_distributions()}))
    expect_draws_follow(p, p.draws(sample_count, seed++), "");
  for (const Shape& shape : {Shape{2}, Shape{3, 2, 2}})
    if (factorises_values(subject, shape)) expect_independent(subject, shape);
}

void check_generator(const LikelihoodSubject& subject) {
  const auto likelihood = subject.settled({3, 2, 2});
  const Tensor raw = varied_raw(*likelihood, 3, 5, 1);
  const auto draw = [&](const Tensor& at_raw, const Rng& from) {
    Rng rng = from;
    return likelihood->sample(theta_of(*likelihood, at_raw), rng).detach();
  };
  const Rng rng = double_rng(5);
  const Tensor x = draw(raw, rng);
  if (!x.equal(draw(raw, rng)))
    fail("two samples with the generator in one state differ; take all noise from the generator handed in");
  if (x.equal(draw(raw, double_rng(6))))
    fail("samples with two different generators are equal; take the noise from the generator handed in");
  Rng going = rng;
  const Tensor first = likelihood->sample(theta_of(*likelihood, raw), going);
  if (first.equal(likelihood->sample(theta_of(*likelihood, raw), going)))
    fail("a second sample from one generator repeats the first; let sampling advance the generator");
  for (int64_t s = 0; s < 3; ++s)
    for (int64_t b = 0; b < 5; ++b) {
      const Rng own = rng.for_data(at::full({1}, b, at::kLong)).from_sample(s);
      expect_close(x.slice(0, s, s + 1).slice(1, b, b + 1), draw(raw.slice(0, s, s + 1).slice(1, b, b + 1), own), 1e-9,
                   fmt::format("the value drawn for sample {} and data point {} among 3 x 5, not alone,", s, b));
    }
}

// E[grad log p] = 0. Where there are many raw parameters it is seen through eight directions in their space, so that many with rare
// events of their own stay close to normal.
void expect_no_mean_gradient(const Distribution& p, uint64_t seed) {
  const int64_t size = p.raw().numel(), n = std::min(sample_count, most_scores / std::max<int64_t>(size, 1));
  Tensor score = p.score(p.draws(n, seed));
  const bool is_large = size > most_directions;
  if (is_large) score = score.matmul(double_rng(3).normal({1, size, 8})[0]);
  for (int64_t i = 0; i < score.size(1); ++i)
    if (const double z = z_of_mean(score.select(1, i), 0); !(std::abs(z) < (is_large ? largest_z : largest_z_of_many)))
      fail("{} the mean gradient of log_prob {}over {} samples of x {} is {:.4g}, {:.1f} standard errors from 0",
           p.where(), is_large ? "" : fmt::format("by raw number {} ", i), n, to_string(p.shape()),
           number(score.select(1, i).mean()), std::abs(z));
}

void check_score(const LikelihoodSubject& subject) {
  if (numel(subject.settled({3})->params()) == 0) skip("nothing is asked of the decoder");
  uint64_t seed = 61;
  for (const Distribution& p : subject.distributions()) expect_no_mean_gradient(p, seed++);
  for (const Shape& x : {Shape{3}, Shape{3, 2, 2}}) {
    const auto likelihood = subject.settled(x);
    perturb(*likelihood, 0.5, seed);
    expect_no_mean_gradient(Distribution(likelihood, varied_raw(*likelihood, 1, 1, seed, 0.7)[0][0]), seed);
    ++seed;
  }
}

}  // namespace elbo::host::conformance
