#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "conformance/check.hpp"
#include "conformance/objective/linear_gaussian.hpp"
#include "conformance/tools.hpp"
#include "metrics/summary.hpp"
#include "model/load_plugin.hpp"
#include "plugins/card.hpp"

namespace elbo::conformance {
namespace {

constexpr double after_all_warmup = std::numeric_limits<double>::infinity();
constexpr double some_epochs[] = {0, 0.5, 1, 3, 50, after_all_warmup};
constexpr double an_epoch = 3;
constexpr int64_t batch_rows = 5, batches = 100;
constexpr uint64_t steps_of_state = 300;  // a state that is not stored may take effect late
constexpr double most_errors = 6;         // standard errors; the seeds are fixed

/// Of the pass of one step: how far its own estimates of the terms of the ELBO are off. Their means are 0.
struct Controls {
  Tensor reconstruction, kl;  // scalars; undefined without samples
};

/// What one step comes to.
struct Stepped {
  Tensor value;  // the weighted sum, with its graph
  ObjectiveValues values;
  Controls controls;
};

Controls controls_of(const Pass& pass, const LinearGaussian& model, const Sampling& sampling) {
  if (sampling.latent == Latent::mean) return {};
  const Tensor kl = (pass.log_q - pass.log_prior).mean();
  return {(pass.log_lik.mean() - *model.exact(metrics::reconstruction.name, sampling)).detach(),
          (kl - *model.exact(metrics::kl.name, sampling)).detach()};
}

Stepped stepped(Objective& objective, const LinearGaussian& model, int64_t rows, double epoch, uint64_t seed) {
  const Rng rng(seed);
  const TrainingStep step = model.step(rows, epoch, rng);
  const Sampling sampling = objective.sampling();
  const Pass pass = model.pass(sampling, rows, rng);
  Stepped s;
  s.controls = controls_of(pass, model, sampling);
  s.values = objective.values(pass, step);
  for (const ObjectiveTerm& term : objective.terms(epoch)) {
    const Tensor weighted = term.weight * s.values.terms.at(term.name).value();
    s.value = s.value.defined() ? s.value + weighted : weighted;
  }
  return s;
}

void climb(const Stepped& s) {
  if (s.values.ascents.empty()) return s.value.backward();
  for (const Ascent& ascent : s.values.ascents)
    ascent.parameters.empty() ? ascent.value.backward({}, true)
                              : ascent.value.backward({}, true, false, ascent.parameters);
}

NamedTensors all_parameters(const Objective& objective, const LinearGaussian& model) {
  NamedTensors all = model.named_parameters();
  for (const auto& [name, t] : objective.named_parameters()) all.emplace_back("objective." + name, t);
  return all;
}

// ------------------------------------------------------------------------------------------ what it says of itself
/// A weight that rises, in cycles or once, comes to its final value in some epoch; else no training climbs what is said of the objective.
void expect_final_weights_are_reached(const Objective& objective) {
  constexpr double tolerance = 1e-4;
  std::vector<double> epochs = {0, 1e4, 1e5, 1e6, 1e7};
  for (int end = 1; end <= 2000; ++end) epochs.push_back(end - 1e-6);  // a cycle of so many epochs ends
  std::vector<std::vector<ObjectiveTerm>> terms;
  for (const double epoch : epochs) terms.push_back(objective.terms(epoch));
  const auto final_terms = objective.terms(after_all_warmup);
  for (size_t i = 0; i < final_terms.size(); ++i) {
    const double weight = final_terms[i].weight;
    const bool is_reached = std::any_of(terms.begin(), terms.end(), [&](const auto& in_epoch) {
      return std::abs(in_epoch[i].weight - weight) <= tolerance * std::max(1., std::abs(weight));
    });
    if (!is_reached)
      fail(
          "the weight of '{}' is {} after all warm-up, which it has in no epoch up to 2000 and not in epoch 1e7, where "
          "it is {}; expected that terms(infinity) gives the weights that are trained with in the end",
          final_terms[i].name, weight, objective.terms(1e7)[i].weight);
  }
}

void check_term_names(const PluginChoice& choice) {
  const auto objective = make_objective(choice, LinearGaussian());
  const auto first = objective->terms(0);
  std::set<std::string> names;  // columns of every log, but for the terms of the bound
  for (const Metric& metric : epoch_metrics()) names.insert(metric);
  for (const Metric& term : {metrics::elbo, metrics::reconstruction, metrics::kl}) names.erase(term);
  for (const ObjectiveTerm& term : first) {
    if (!plugins::is_identifier(term.name))
      fail("terms names '{}'; expected lower-case letters, digits and _, a letter first", term.name);
    if (!names.insert(term.name).second)
      fail("terms names '{}' twice, or as a column that every log has; expected a name of its own", term.name);
    if (term.formula.empty())
      fail("the term '{}' has no formula; expected one, as in \"KL(q(z|x) || p(z))\"", term.name);
  }
  for (const Scheduled& number : objective->scheduled(0))
    if (!plugins::is_identifier(number.name) || !names.insert(number.name).second)
      fail("scheduled names '{}'; expected a name of its own", number.name);
  for (const double epoch : some_epochs) {
    const auto terms = objective->terms(epoch);
    if (terms.size() != first.size())
      fail("terms has {} terms in epoch 0 and {} in epoch {}; expected the same in each", first.size(), terms.size(),
           epoch);
    for (size_t i = 0; i < terms.size(); ++i) {
      if (terms[i].name != first[i].name)
        fail("term {} is '{}' in epoch 0 and '{}' in epoch {}; expected the same in each", i + 1, first[i].name,
             terms[i].name, epoch);
      if (!std::isfinite(terms[i].weight))
        fail("the weight of '{}' is {} in epoch {}; expected a number", terms[i].name, terms[i].weight, epoch);
    }
  }
  expect_final_weights_are_reached(*objective);
}

void check_objective_values(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto objective = make_objective(choice, model);
  for (const double epoch : some_epochs) {
    objective->prepare(model.step(batch_rows, epoch, Rng(3)));
    const Stepped s = stepped(*objective, model, batch_rows, epoch, 3);
    for (const auto& [name, mean] : s.values.terms)
      if (!mean.value().isfinite().item<bool>())
        fail("the term '{}' is {} in epoch {}", name, in_words(mean.value()), epoch);
  }
  const at::NoGradGuard no_gradients;
  const Pass pass = model.pass(objective->sampling(), batch_rows, Rng(3));
  if (!objective->tested(pass).isfinite().all().item<bool>())
    fail("what tested gives is not finite: {}", in_words(objective->tested(pass)));
}

// ------------------------------------------------------------------------------------------ against exact answers
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

// ------------------------------------------------------------------------------------------ upkeep
void check_own_parameters(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto objective = make_objective(choice, model);
  if (objective->named_parameters().empty()) skip("it owns no parameters");
  objective->prepare(model.step(objective_data, 1, Rng(3)));
  climb(stepped(*objective, model, objective_data, 1, 3));
  for (const auto& [name, t] : objective->named_parameters()) {
    if (!t.grad().defined()) fail("no gradient reaches its parameter {}", name);
    if (!t.grad().isfinite().all().item<bool>()) fail("the gradient of its parameter {} is not finite", name);
  }
}

/// A second object with the state of the first goes on as that does: a checkpoint holds parameters and buffers, and nothing else.
void check_objective_state(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto first = make_objective(choice, model, 1), second = make_objective(choice, model, 2);
  for (uint64_t i = 0; i < steps_of_state; ++i) {
    first->prepare(model.step(batch_rows, 1, Rng(i)));
    stepped(*first, model, batch_rows, 1, i);
  }
  set_state(*second, state_of(*first));
  for (uint64_t i = steps_of_state; i < steps_of_state + 2; ++i)
    for (const auto& objective : {first, second}) objective->prepare(model.step(batch_rows, 1, Rng(i)));
  expect_close(stepped(*second, model, batch_rows, 1, 7).value, stepped(*first, model, batch_rows, 1, 7).value, 0,
               "with the stored state of another object what it comes to after two steps");
}

void check_objective_generator(const PluginChoice& choice) {
  const LinearGaussian model;
  const auto first = make_objective(choice, model), second = make_objective(choice, model);
  for (const auto& objective : {first, second}) objective->prepare(model.step(batch_rows, 1, Rng(3)));
  expect_close(stepped(*second, model, batch_rows, 1, 3).value, stepped(*first, model, batch_rows, 1, 3).value, 0,
               "with the same generator what another object comes to");
}

void check_model_is_left_alone(const PluginChoice& choice) {
  const LinearGaussian model, untouched;
  const auto objective = make_objective(choice, model);
  objective->prepare(model.step(batch_rows, 1, Rng(3)));
  stepped(*objective, model, batch_rows, 1, 3);
  const NamedTensors now = model.named_parameters(), before = untouched.named_parameters();
  for (size_t i = 0; i < now.size(); ++i) {
    if (!now[i].second.equal(before[i].second)) fail("it changes the model's parameter {}", now[i].first);
    if (!now[i].second.requires_grad())
      fail("after a step the model's parameter {} asks for no gradient", now[i].first);
    if (now[i].second.grad().defined())
      fail("after a step, before the host climbs, the model's parameter {} has a gradient", now[i].first);
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

}  // namespace

std::vector<Property> objective_properties(const PluginChoice& choice) {
  return properties<PluginChoice>(std::make_shared<PluginChoice>(choice),
                                  {{"terms", check_term_names, true},
                                   {"values", check_objective_values, true},
                                   {"known terms", check_known_terms},
                                   {"gradients", check_objective_gradient},
                                   {"a declared bound lies below the evidence", check_bound},
                                   {"what is tested lies below the evidence", check_tested},
                                   {"noise from the given generator", check_objective_generator},
                                   {"the model is left alone", check_model_is_left_alone},
                                   {"own parameters are trained", check_own_parameters},
                                   {"stored state", check_objective_state},
                                   {"every option", check_objective_options}});
}

}  // namespace elbo::conformance
