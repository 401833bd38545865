// Every value of x, every number that the decoder gives and every learned parameter has an effect of its own.
#include "conformance/likelihood/likelihood.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t rows = 16;

bool any(const Tensor& condition) { return condition.any().item<bool>(); }

/// [rows, X...] with the value at `place` of another data point.
Tensor with_other_value(const Tensor& x, int64_t place) {
  Tensor changed = x.flatten(1).clone();
  changed.select(1, place).copy_(x.flatten(1).select(1, place).roll(1, 0));
  return changed.view_as(x);
}

/// The place of number i of theta in words: "loc[2]" of the third value of its block.
std::string name_of(const std::vector<DecoderOutput>& params, int64_t i) {
  for (const DecoderOutput& param : params) {
    if (i < numel(param.shape)) return fmt::format("raw {}[{}]", param.name, i);
    i -= numel(param.shape);
  }
  return "";
}

bool ends_with(const Shape& whole, const Shape& end) {
  return whole.size() >= end.size() && std::equal(end.rbegin(), end.rend(), whole.rbegin());
}

/// log_prob or interval_log_prob of some data; raw is [1, rows, numel(params)].
struct Score {
  std::string name;
  std::function<Tensor(const Tensor& x, const Tensor& raw)> of;
};

/// d score / d raw for each data point, [rows, numel(params)]; 0 where there is none.
Tensor gradient(const Tensor& value, const Tensor& raw) {
  differentiate(value.masked_fill(value.isfinite().logical_not(), 0).sum(), {{"raw", raw}});
  return raw.grad().defined() ? raw.grad()[0].clone() : at::zeros_like(raw.detach()[0]);
}

struct Subject {
  std::shared_ptr<Likelihood> likelihood;
  Tensor x, raw;

  Subject(const LikelihoodSubject& subject, const Shape& shape, uint64_t seed) : likelihood(subject.settled(shape)) {
    perturb(*likelihood, 0.3, seed);
    raw = varied_raw(*likelihood, 1, 1, seed, 0.7).expand({1, rows, -1}).clone();
    x = data_for(*likelihood, raw, seed + 5);
    raw.requires_grad_();
  }

  std::vector<Score> scores() const {
    std::vector<Score> all = {{"log_prob", [this](const Tensor& x, const Tensor& raw) {
                                 return likelihood->log_prob(x, theta_of(*likelihood, raw));
                               }}};
    const auto mass = [this](const Tensor& x, const Tensor& raw) {
      return likelihood->interval_log_prob(x * 0.9, x * 0.9 + 0.05, theta_of(*likelihood, raw));
    };
    if (mass(x, raw))
      all.push_back({"interval_log_prob", [mass](const Tensor& x, const Tensor& raw) { return *mass(x, raw); }});
    return all;
  }
};

/// Where values are independent, what the score gains by another value at `place` is moved by that place of each parameter of
/// the shape of x: else a value is scored with another's parameters.
void expect_own_parameters(const Subject& s, const Score& score, int64_t place, const Tensor& gain) {
  const Shape& shape = s.likelihood->context().observation.shape;
  const auto params = s.likelihood->params();
  const Tensor by_raw = gradient(gain, s.raw).ne(0).any(0);
  int64_t first = 0;
  for (const DecoderOutput& param : params) {
    const int64_t size = numel(param.shape);
    if (size > 0 && ends_with(param.shape, shape)) {
      const Tensor by_place = by_raw.slice(0, first, first + size).view({-1, numel(shape)}).any(0);
      if (any(by_place) && !by_place[place].item<bool>())
        fail("{} of value {} of an x {} is moved by raw {} at value {}, not at its own", score.name, place,
             to_string(shape), param.name, *first_true(by_place));
    }
    first += size;
  }
}

/// Which numbers of theta move the score in some data point, [numel(params)].
Tensor check_values(const Subject& s, const Score& score) {
  const Shape& shape = s.likelihood->context().observation.shape;
  const Tensor base = score.of(s.x, s.raw), moved = gradient(base, s.raw).ne(0).any(0), other = s.x.roll(1, 0);
  const Tensor base_of_other = score.of(other, s.raw).detach();
  for (int64_t i = 0; i < numel(shape); ++i) {
    const Tensor changed = with_other_value(s.x, i);
    const Tensor gain = score.of(changed, s.raw) - score.of(s.x, s.raw);
    if (any(changed.ne(s.x)) && !any(gain.detach().ne(0)))
      fail("{} does not depend on value {} of an x {}", score.name, i, to_string(shape));
    // The same value changed back among the other data point's values.
    Tensor back = other.flatten(1).clone();
    back.select(1, i).copy_(s.x.flatten(1).select(1, i));
    const Tensor gain_of_other = base_of_other - score.of(back.view_as(other), s.raw).detach();
    const Tensor off = (gain.detach() - gain_of_other).abs(), size = base.detach().abs().clamp_min(1);
    if (!any(off > 1e-9 * size) && !any(off.isnan())) expect_own_parameters(s, score, i, gain);
  }
  return moved;
}

void check_influence_for(const LikelihoodSubject& subject, const Shape& shape) {
  std::vector<Tensor> moved;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Subject s(subject, shape, seed);
    const auto scores = s.scores();
    moved.resize(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      const Tensor now = check_values(s, scores[i]);
      moved[i] = moved[i].defined() ? moved[i].logical_or(now) : now;
      if (seed < 3) continue;
      if (const auto dead = first_true(moved[i].logical_not()))
        fail("{} of an x {} does not depend on {}, which the decoder has to give", scores[i].name, to_string(shape),
             name_of(s.likelihood->params(), *dead));
      for (const auto& [name, t] : s.likelihood->named_parameters()) t.mutable_grad() = Tensor();
      gradient(scores[i].of(s.x, s.raw), s.raw);
      for (const auto& [name, t] : s.likelihood->named_parameters())
        if (!t.grad().defined() || !any(t.grad().ne(0)))
          fail("{} does not depend on its parameter {}, which would be trained for nothing", scores[i].name, name);
    }
  }
}

// What a likelihood takes as known beside z: its probabilities of one total then add up to 1, and those of all totals to more.

constexpr int64_t most = 64;  // of each of two counts

double mass_over_all_totals(const LikelihoodSubject& subject, uint64_t seed) {
  const auto likelihood = subject.make({2});
  const Tensor k = at::arange(most, at::kDouble);
  return number(Distribution(likelihood, varied_raw(*likelihood, 1, 1, seed)[0][0])
                    .log_prob(at::cartesian_prod({k, k}))
                    .exp()
                    .sum());
}

}  // namespace

void check_influence(const LikelihoodSubject& subject) {
  for (const Shape& shape : {Shape{3}, Shape{3, 2, 2}, Shape{1, 2, 3}}) check_influence_for(subject, shape);
}

void check_given(const LikelihoodSubject& subject) {
  const Conditioning given =
      subject.make(subject.support == Support::simplex_counts ? Shape{3} : Shape{1})->conditioning();
  const bool are_counts = subject.support == Support::counts || subject.support == Support::simplex_counts;
  if (!are_counts && given != Conditioning::nothing)
    fail("it declares that a total is given, and its values are no counts; leave do_conditioning out");
  if (!are_counts) skip("only counts have a total that could be given");
  for (const uint64_t seed : {0, 1, 2}) {
    const double mass = mass_over_all_totals(subject, seed);
    if (given == Conditioning::nothing && mass > 1 + 1e-6)
      fail(
          "it declares that nothing is given, and the probabilities of two counts below {} add up to {:.6g} over all "
          "their totals; expected at most 1; override do_conditioning",
          most, mass);
    if (given != Conditioning::nothing && !(mass > 1.05))
      fail(
          "it declares that the total is given, and the probabilities of two counts below {} add up to {:.6g} over all "
          "their totals, so that it is a distribution of the total too; leave do_conditioning out",
          most, mass);
  }
}

}  // namespace elbo::host::conformance
