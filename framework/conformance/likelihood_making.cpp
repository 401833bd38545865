// How a likelihood starts, and is made with each of its options.
#include <cmath>

#include "conformance/likelihood.hpp"
#include "conformance/network.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t made_data = 2000;

double mean_score(const Likelihood& likelihood, const Tensor& x, const Tensor& raw) {
  const Tensor all = raw.to(at::kDouble).view({1, 1, -1}).expand({1, x.size(0), raw.numel()});
  return number(likelihood.log_prob(x, theta_of(likelihood, all)).mean());
}

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
          "default "
          "and {:.6g} with those that the data were drawn from",
          made_data, after, before, truth);
  }
}

void check_options(const LikelihoodSubject& subject) {
  expect_every_option(subject.choice, [&](const PluginChoice& other) {
    const auto likelihood = subject.make({3, 2, 2}, other.settings);
    const Tensor raw = varied_raw(*likelihood, 1, 2, 1);
    const Tensor log_p = likelihood->log_prob(data_for(*likelihood, raw, 1), theta_of(*likelihood, raw));
    if (log_p.isnan().any().item<bool>()) fail("log_prob of its own draws is NaN");
  });
}

}  // namespace elbo::conformance
