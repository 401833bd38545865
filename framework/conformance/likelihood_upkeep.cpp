// How a likelihood behaves over many data and calls, beside others of its kind, in training, and once stored.
#include "conformance/likelihood.hpp"
#include "conformance/upkeep.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t many = 1000;

/// What a likelihood computes of some data; the same function of its state each time.
struct Use {
  Tensor raw, x;  // [S, B, numel(params)], [B, X...]

  Use(const LikelihoodSubject& subject, const Shape& shape, int64_t samples, int64_t batch) {
    const auto likelihood = subject.settled(shape);
    raw = varied_raw(*likelihood, samples, batch, 1);
    x = data_for(*likelihood, raw, 1);
  }

  std::vector<std::pair<std::string, Tensor>> results(const Likelihood& likelihood) const {
    const Theta theta = theta_of(likelihood, raw);
    Rng rng = double_rng(4);
    std::vector<std::pair<std::string, Tensor>> all = {{"log_prob", likelihood.log_prob(x, theta)},
                                                       {"sample", likelihood.sample(theta, rng)}};
    if (likelihood.has_mean()) all.emplace_back("mean", likelihood.mean(theta));
    if (const auto each = likelihood.log_prob_per_value(x, theta)) all.emplace_back("log_prob_per_value", *each);
    if (const auto v = likelihood.variance(theta)) all.emplace_back("variance", *v);
    if (const auto m = likelihood.interval_log_prob(x * 0.9, x * 0.9 + 0.05, theta))
      all.emplace_back("interval_log_prob", *m);
    for (auto& [name, t] : all) t = t.detach();
    return all;
  }
};

void expect_same_numbers(const Use& use, const Likelihood& found, const Likelihood& expected, double tolerance,
                         const std::string& words) {
  const auto a = use.results(found), b = use.results(expected);
  for (size_t i = 0; i < b.size(); ++i) expect_close(a.at(i).second, b[i].second, tolerance, words + " " + b[i].first);
}

/// The same numbers, spread over memory: every second one of a larger tensor.
Tensor strided(const Tensor& t) { return at::stack({t, at::zeros_like(t)}, t.dim()).select(t.dim(), 0); }

}  // namespace

void check_many_data(const LikelihoodSubject& subject) {
  constexpr int64_t samples = 5;
  const Use use(subject, {3}, samples, many);
  const auto likelihood = subject.settled({3});
  const auto together = use.results(*likelihood);
  for (const int64_t b : {int64_t{0}, many / 2 - 1, many - 1}) {
    Use alone = use;
    alone.raw = use.raw.slice(0, samples - 1).slice(1, b, b + 1);
    alone.x = use.x.slice(0, b, b + 1);
    const auto own = alone.results(*likelihood);
    for (size_t i = 0; i < own.size(); ++i)
      if (own[i].first != "sample")
        expect_close(together[i].second.slice(0, samples - 1).slice(1, b, b + 1), own[i].second, 1e-11,
                     fmt::format("{} of datum {} among {} x {}, not alone,", own[i].first, b, samples, many));
  }
  Use spread = use;
  spread.raw = strided(use.raw);
  spread.x = strided(use.x);
  const auto same = spread.results(*likelihood);
  for (size_t i = 0; i < same.size(); ++i)
    expect_close(same[i].second, together[i].second, 1e-11,
                 same[i].first + " of the same numbers in a tensor that is not contiguous");
}

void check_training_mode(const LikelihoodSubject& subject) {
  const Use use(subject, {3, 2, 2}, 2, 3);
  const auto evaluating = subject.settled({3, 2, 2}), training = subject.settled({3, 2, 2});
  training->set_training(true);
  expect_same_numbers(use, *training, *evaluating, 1e-12, "while it is being trained, not evaluated,");
  use.results(*training);
  training->set_training(false);
  expect_same_numbers(use, *training, *evaluating, 1e-12, "once it has been in training mode,");
}

void check_instances(const LikelihoodSubject& subject) {
  const Use use(subject, {3}, 2, 3), other_use(subject, {6}, 1, 2);
  const auto first = subject.settled({3});
  const auto before = use.results(*first);
  const auto expect_unchanged = [&](const std::string& words) {
    const auto after = use.results(*first);
    for (size_t i = 0; i < before.size(); ++i)
      expect_close(after[i].second, before[i].second, 0,
                   fmt::format("{} of one object, after {},", before[i].first, words));
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
  const Use use(subject, {3, 2, 2}, 3, many);  // enough numbers for torch to divide them among threads
  const auto likelihood = subject.settled({3, 2, 2});
  expect_same_on_two_threads([&] {
    std::vector<Tensor> all;
    for (const auto& [name, t] : use.results(*likelihood)) all.push_back(t);
    return all;
  });
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
  expect_all_registered(*first, first->log_prob(x, theta_of(*first, raw)), {raw});
  raw = raw.detach();
  expect_same_after_round_trip(*first, *second, [&](const Module& module) {
    const auto& likelihood = dynamic_cast<const Likelihood&>(module);
    const Theta theta = theta_of(likelihood, raw);
    Rng rng = double_rng(4);
    std::vector<Tensor> results = {likelihood.log_prob(x, theta), likelihood.sample(theta, rng)};
    if (likelihood.has_mean()) results.push_back(likelihood.mean(theta));
    if (const auto m = likelihood.interval_log_prob(x * 0.9, x * 0.9 + 0.05, theta)) results.push_back(*m);
    return results;
  });
}

}  // namespace elbo::conformance
