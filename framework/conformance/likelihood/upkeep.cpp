// How a likelihood starts, and is made with each of its options.
#include <cmath>

#include "conformance/likelihood/likelihood.hpp"
#include "conformance/network/network.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t made_data = 2000;

double mean_score(const Likelihood& likelihood, const Tensor& x, const Tensor& raw) {
  const Tensor all = raw.to(at::kDouble).view({1, 1, -1}).expand({1, x.size(0), raw.numel()});
  return number(likelihood.log_prob(x, theta_of(likelihood, all)).mean());
}

// How a likelihood behaves over many data and calls, beside others of its kind, in training, and once stored.

/// What a likelihood computes of some data; the same function of its state each time.
struct Use {
  Tensor raw, x;  // [S, B, numel(params)], [B, X...]

  Use(const LikelihoodSubject& subject, const Shape& shape, int64_t samples, int64_t batch) {
    const auto likelihood = subject.settled(shape);
    raw = varied_raw(*likelihood, samples, batch, 1);
    x = data_for(*likelihood, raw, 1);
  }

  NamedTensors results(const Likelihood& likelihood) const { return results_of(likelihood, x, raw); }
};

/// The same numbers, spread over memory: every second one of a larger tensor.
Tensor strided(const Tensor& t) { return at::stack({t, at::zeros_like(t)}, t.dim()).select(t.dim(), 0); }

}  // namespace

TrainingData training_data(const LikelihoodSubject& subject, uint64_t seed) {
  const auto source = subject.make({3, 1, 1});
  if (subject.support == Support::simplex_counts)
    source->init_from(statistics_of(at::full({8, 3, 1, 1}, 4, at::kDouble), source->context().observation));
  const Tensor raw = varied_raw(*source, 1, 1, seed, 0.7) - 0.8;
  const Tensor x = data_for(*source, raw.expand({1, made_data, -1}), seed);
  return {x, mean_score(*source, x, raw)};
}

// Matched moments need not be the best fit, so half a nat for each of the three values may be lost against the truth; a
// start that is worse than that must at least be better than none.
void check_start(const LikelihoodSubject& subject) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto [x, truth] = training_data(subject, seed);
    const auto likelihood = subject.make({3, 1, 1});
    const Tensor zeros = at::zeros({numel(likelihood->params())}, at::kDouble);
    const double before = mean_score(*likelihood, x, zeros);
    const auto state = state_of(*likelihood);
    const auto raw = likelihood->init_from(statistics_of(x, likelihood->context().observation));
    if (!raw && state.empty()) skip("it offers no init_from");
    if (raw && !raw->isfinite().all().item<bool>())
      fail("init_from of {} data gives {}", made_data, in_words(likelihood->params(), *raw));
    const double after = mean_score(*likelihood, x, raw ? *raw : zeros);
    if (!(after >= std::min(before, truth - 1.5)))
      fail(
          "the mean log_prob of {} training data is {:.6g} after init_from, {:.6g} with all parameters at their "
          "default and {:.6g} with those that the data were drawn from",
          made_data, after, before, truth);
  }
}

void check_options(const LikelihoodSubject& subject) {
  expect_every_option(subject.choice, [&](const PluginChoice& other) {
    const auto likelihood = subject.make({3, 2, 2}, other.settings);
    const Tensor raw = varied_raw(*likelihood, 1, 2, 1);
    const Tensor log_p = likelihood->log_prob(data_for(*likelihood, raw, 1), theta_of(*likelihood, raw));
    if (log_p.isnan().any().item<bool>()) fail("log_prob of its own samples is NaN");
  });
}

void check_many_data(const LikelihoodSubject& subject) {
  constexpr int64_t samples = 5;
  const Use use(subject, {3}, samples, thousand), other_way(subject, {3}, thousand, 2);
  const auto likelihood = subject.settled({3});
  const auto together = use.results(*likelihood);
  const auto all_samples = other_way.results(*likelihood);
  const auto expect_part = [&](const NamedTensors& all, const Use& part, const char* of, int64_t dim, int64_t first,
                               int64_t last) {
    const auto own = part.results(*likelihood);
    for (size_t i = 0; i < own.size(); ++i)
      if (own[i].first != "sample")
        expect_close(all[i].second.slice(dim, first, last), own[i].second, 1e-11,
                     fmt::format("{} for {} {} to {} among {}, not in a part of {},", own[i].first, of, first, last - 1,
                                 thousand, last - first));
  };
  NamedTensors fewer_samples = together;
  for (auto& [name, t] : fewer_samples) t = t.slice(0, 0, samples - 1);
  for_each_piece_of_thousand([&](int64_t first, int64_t last) {
    Use part = use;
    part.raw = use.raw.slice(0, 0, samples - 1).slice(1, first, last);
    part.x = use.x.slice(0, first, last);
    expect_part(fewer_samples, part, "data", 1, first, last);
    part = other_way;
    part.raw = other_way.raw.slice(0, first, last);
    expect_part(all_samples, part, "samples", 0, first, last);
  });
  Use spread = use;
  spread.raw = strided(use.raw);
  spread.x = strided(use.x);
  expect_same(spread.results(*likelihood), together, 1e-11, "of the same numbers in a tensor that is not contiguous");
}

void check_training_mode(const LikelihoodSubject& subject) {
  const Use use(subject, {3, 2, 2}, 2, 3);
  const auto evaluating = subject.settled({3, 2, 2}), training = subject.settled({3, 2, 2});
  training->set_training(true);
  const NamedTensors expected = use.results(*evaluating);
  expect_same(use.results(*training), expected, 1e-12, "while it is being trained, not evaluated,");
  training->set_training(false);
  expect_same(use.results(*training), expected, 1e-12, "once it has been in training mode,");
}

void check_instances(const LikelihoodSubject& subject) {
  const Use use(subject, {3}, 2, 3), other_use(subject, {6}, 1, 2);
  const auto first = subject.settled({3});
  const auto before = use.results(*first);
  const auto expect_unchanged = [&](const std::string& words) {
    expect_same(use.results(*first), before, 0, "of one object, after " + words + ",");
  };
  other_use.results(*subject.settled({6}));
  expect_unchanged("another has been made for x [6] and used");
  const auto single = subject.settled({3});
  single->to_like(at::empty({}, at::kFloat));
  single->log_prob(use.x.to(at::kFloat), theta_of(*single, use.raw.to(at::kFloat)));
  expect_unchanged("another has been used in float32");
  for (const Trial& trial : option_trials(subject.choice)) {
    try {
      const auto other = subject.make({3}, trial.settings);
      const Tensor raw = varied_raw(*other, 1, 2, 1);
      other->log_prob(data_for(*other, raw, 1), theta_of(*other, raw));
    } catch (const std::exception&) {
      continue;  // which combinations of options work is for "every option" to say
    }
    expect_unchanged("another has been made with " + trial.words + " and used");
  }
}

void check_threads(const LikelihoodSubject& subject) {
  const Use use(subject, {3, 2, 2}, 3, thousand);  // enough numbers for torch to divide them among threads
  const auto likelihood = subject.settled({3, 2, 2});
  expect_same_on_two_threads([&] { return use.results(*likelihood); });
}

void check_memory(const LikelihoodSubject& subject) {
  const Use use(subject, {3}, 1, 2);
  const auto likelihood = subject.settled({3});
  likelihood->set_training(true);
  const Tensor raw = use.raw.clone().requires_grad_();
  int64_t call = 0;
  expect_steady_memory([&] {
    const Tensor log_p = likelihood->log_prob(use.x, theta_of(*likelihood, raw)).sum();
    if (++call % 8 != 0) return;  // the others are as slow and as simple
    use.results(*likelihood);
    if (log_p.requires_grad()) log_p.backward();
  });
}

// The second object is made with other random numbers and has seen no data, so that whatever is not in the state differs.
void check_state(const LikelihoodSubject& subject) {
  const Shape shape = {3, 1, 1};
  const auto first = subject.make(shape, subject.choice.settings, 1),
             second = subject.make(shape, subject.choice.settings, 2);
  perturb(*first, 0.5, 1);
  first->init_from(statistics_of(training_data(subject, 1).x, first->context().observation));
  Tensor raw = varied_raw(*first, 2, 3, 1).requires_grad_();
  const Tensor x = data_for(*first, raw.detach(), 1);
  expect_one_name_each(*first);
  expect_all_registered(*first, first->log_prob(x, theta_of(*first, raw)), {raw});
  raw = raw.detach();
  expect_same_after_round_trip(*first, *second, [&](const Module& module) {
    return results_of(dynamic_cast<const Likelihood&>(module), x, raw);
  });
}

}  // namespace elbo::host::conformance
