// Objectives on a model of which the terms of the ELBO, their gradients and log p(x) are known.
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <map>

#include "conformance/objective/objective.hpp"
#include "metrics/summary.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double an_epoch = 3;
constexpr int64_t batches = 100;
constexpr double most_errors = 6;  // standard errors; the seeds are fixed

NamedTensors all_parameters(const Objective& objective, const LinearGaussian& model) {
  NamedTensors all = model.named_parameters();
  for (const auto& [name, t] : objective.named_parameters()) all.emplace_back("objective." + name, t);
  return all;
}

/// Mean and standard error over batches.
struct Estimate {
  Tensor mean, error;
};

Estimate estimate_of(const std::vector<Tensor>& each) {
  const Tensor all = elbo::stack(each, 0);
  return {all.mean(0), all.std(0) / std::sqrt(static_cast<double>(all.size(0)))};
}

/// Values of batches, and the controls of the same batches.
struct Batches {
  std::vector<Tensor> values, reconstruction, kl;

  void add(const Tensor& value, const Controls& controls) {
    values.push_back(value.detach());
    if (!controls.kl.defined()) return;
    reconstruction.push_back(controls.reconstruction), kl.push_back(controls.kl);
  }
  /// Without what the controls explain: of an ELBO no noise is left, so that it shows an error of a thousandth.
  Estimate estimate() const {
    if (kl.empty()) return estimate_of(values);
    const Tensor first = elbo::stack(reconstruction, 0), second = without(elbo::stack(kl, 0), first);
    const Tensor left = without(without(elbo::stack(values, 0), first), second);
    return {left.mean(0), left.std(0) / std::sqrt(static_cast<double>(left.size(0)))};
  }

 private:
  static Tensor without(const Tensor& y, const Tensor& control) {
    const Tensor centred = control - control.mean();
    const double square = number(centred.square().sum());
    return square > 1e-20 ? y - control * (((y - y.mean()) * centred).sum() / square) : y;
  }
};

void expect_estimate(const Estimate& found, const Tensor& exact, const std::string& what) {
  const Tensor off = (found.mean - exact).abs() - most_errors * found.error - 1e-9 * exact.abs().clamp_min(1);
  if (const auto i = first_true(off > 0))
    fail("{} is {:.6g} with a standard error of {:.2g}; expected {:.6g}", what, number(found.mean.flatten()[*i]),
         number(found.error.flatten()[*i]), number(exact.flatten()[*i]));
}

/// What `climb` leaves in the model's parameters, one after the other.
Tensor gradient_of_model(const LinearGaussian& model, const std::function<void()>& climb) {
  const NamedTensors parameters = model.named_parameters();
  for (const auto& [name, t] : parameters) t.mutable_grad() = Tensor();
  climb();
  std::vector<Tensor> gradients;
  for (const auto& [name, t] : parameters)
    gradients.push_back(t.grad().defined() ? t.grad().flatten() : at::zeros_like(t).flatten());
  return elbo::cat(gradients, 0);
}

/// The gradient of a weighted sum of known terms, by all parameters of the model, one after the other.
std::optional<Tensor> exact_gradient(const Objective& objective, const LinearGaussian& model) {
  Tensor sum;
  for (const ObjectiveTerm& term : objective.terms(after_all_warmup)) {
    const auto exact = model.exact(term.name, objective.sampling());
    if (!exact) return {};
    sum = sum.defined() ? sum + term.weight * *exact : term.weight * *exact;
  }
  return gradient_of_model(model, [&] { sum.backward(); });
}

void check_exact_gradient(Objective& objective, const LinearGaussian& model, const Tensor& exact) {
  std::vector<Tensor> each;
  for (uint64_t i = 0; i < batches; ++i)
    each.push_back(
        gradient_of_model(model, [&] { climb(stepped(objective, model, objective_data, after_all_warmup, i)); }));
  expect_estimate(estimate_of(each), exact, "the mean gradient by a parameter of the model");
}

/// Adds what an objective, or what it gives for tested data, comes to on a pass.
using AddValue = std::function<void(Objective&, const LinearGaussian&, uint64_t seed, Batches&)>;

void add_objective(Objective& objective, const LinearGaussian& model, uint64_t seed, Batches& all) {
  const Stepped s = stepped(objective, model, objective_data, after_all_warmup, seed);
  all.add(s.value, s.controls);
}

Estimate estimate_on(const PluginChoice& choice, const LinearGaussian& model, int64_t some_batches,
                     const AddValue& add) {
  const auto objective = make_objective(choice, model);
  const at::NoGradGuard no_gradients;
  Batches all;
  for (int64_t i = 0; i < some_batches; ++i) add(*objective, model, static_cast<uint64_t>(i), all);
  return all.estimate();
}

/// Throws Failure where the mean over some batches lies above log p(x) by more than its error, for posteriors near and far from
/// the exact one.
void expect_below_evidence(const PluginChoice& choice, const std::string& what, int64_t some_batches,
                           const AddValue& add) {
  const std::pair<double, double> posteriors[] = {{0, 0}, {0.7, -0.4}, {-1, 0.5}};
  for (const auto& [shift, log_width] : posteriors) {
    const LinearGaussian model(shift, log_width);
    const auto [mean, error] = estimate_on(choice, model, some_batches, add);
    if (!(number(mean) <= model.evidence() + most_errors * number(error) + 1e-9))
      fail(
          "{} is {:.6g} on average with a standard error of {:.2g}, where log p(x) is {:.6g}; expected no more than "
          "that",
          what, number(mean), number(error), model.evidence());
  }
}

/// Where q(z|x) is the exact posterior all importance weights are p(x), so that bounds made of them are tight by any number of samples.
bool is_tight_at_exact_posterior(const PluginChoice& choice) {
  const LinearGaussian model(0, 0);
  const auto [mean, error] = estimate_on(choice, model, batches / 4, add_objective);
  return std::abs(number(mean) - model.evidence()) <= most_errors * number(error) + 1e-6;
}

std::vector<double> weights_of(const Objective& objective) {
  std::vector<double> weights;
  for (const ObjectiveTerm& term : objective.terms(after_all_warmup)) weights.push_back(term.weight);
  return weights;
}

}  // namespace

/// The terms of the ELBO are known by their names; of others nothing is.
void check_known_terms(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto objective = make_objective(choice, model);
  const at::NoGradGuard no_gradients;
  for (const double epoch : {after_all_warmup, an_epoch}) {
    std::map<std::string, Batches> known;
    for (const ObjectiveTerm& term : objective->terms(epoch))
      if (model.exact(term.name, objective->sampling())) known[term.name];
    if (known.empty()) skip("it has no term named reconstruction, kl or elbo, of which the exact values are known");
    for (uint64_t i = 0; i < batches; ++i) {
      objective->prepare(model.step(objective_data, epoch, Rng(i)));
      const Stepped s = stepped(*objective, model, objective_data, epoch, i);
      for (auto& [name, each] : known) each.add(s.values.terms.at(name).value(), s.controls);
    }
    for (const auto& [name, each] : known)
      expect_estimate(each.estimate(), model.exact(name, objective->sampling())->detach(),
                      fmt::format("the mean of the term '{}' in epoch {}", name, epoch));
  }
}

/// Where all terms are known the mean gradient is the exact one, by whichever estimator; else the gradient is that of the value.
void check_objective_gradient(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto objective = make_objective(choice, model);
  const Latent latent = objective->sampling().latent;
  const bool has_ascents = !stepped(*objective, model, batch_rows, after_all_warmup, 3).values.ascents.empty();
  if (const auto exact = exact_gradient(*objective, model); exact && !has_ascents)
    return check_exact_gradient(*objective, model, *exact);
  if (has_ascents || latent == Latent::path || latent == Latent::score)
    skip("what is climbed is not the gradient of a value with the same noise, and no exact one is known");
  expect_gradient([&] { return stepped(*objective, model, batch_rows, after_all_warmup, 3).value; },
                  all_parameters(*objective, model), "with the same noise");
}

void check_bound(const PluginChoice& choice) {
  if (!make_objective(choice, LinearGaussian())->is_bound()) skip("it declares no bound");
  expect_below_evidence(choice, "the objective", batches, add_objective);
}

void check_tested(const PluginChoice& choice) {
  if (make_objective(choice, LinearGaussian())->sampling().latent == Latent::mean)
    skip("it samples no latents, so that what is tested is no bound");
  expect_below_evidence(choice, "what tested gives", batches,
                        [](Objective& objective, const LinearGaussian& model, uint64_t seed, Batches& all) {
                          const Sampling sampling = objective.sampling();
                          const Pass pass = model.pass(sampling, objective_data, Rng(seed));
                          all.add(objective.tested(pass).mean(), controls_of(pass, model, sampling));
                        });
}

void check_objective_options(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto given = make_objective(choice, model);
  const int64_t samples = given->sampling().samples;
  const auto weights = weights_of(*given);
  const bool is_tight = given->is_bound() && is_tight_at_exact_posterior(choice);
  for (const Trial& trial : option_trials(choice)) {
    PluginChoice tried = choice;
    tried.settings = trial.settings;
    try {
      const auto objective = make_objective(tried, model);
      objective->prepare(model.step(batch_rows, 1, Rng(3)));
      const Stepped s = stepped(*objective, model, batch_rows, 1, 3);
      if (!s.value.isfinite().item<bool>()) fail("with {} it comes to {}", trial.words, in_words(s.value));
      const bool takes_long = objective->sampling().samples * objective->sampling().updates > 100;
      if (objective->is_bound() && !takes_long) {
        expect_below_evidence(tried, "with " + trial.words + " the objective", batches / 4, add_objective);
        if (is_tight && weights_of(*objective) == weights && objective->sampling().samples != samples &&
            !is_tight_at_exact_posterior(tried))
          fail(
              "where q(z|x) is the exact posterior, the objective is log p(x) by {} samples, and with {} it is not: a "
              "constant that depends on the number of samples is wrong",
              samples, trial.words);
      }
    } catch (const plugins::PluginFault& e) {
      fail("with {}: {}", trial.words, e.what());
    } catch (const UserError&) {
      // it refuses what it cannot be
    }
  }
}

}  // namespace elbo::host::conformance
