// What an objective says of itself, and what it keeps: terms, values, noise, parameters and state.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "conformance/check.hpp"
#include "conformance/objective/objective.hpp"
#include "metrics/summary.hpp"
#include "plugins/card.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double some_epochs[] = {0, 0.5, 1, 3, 50, after_all_warmup};
constexpr uint64_t steps_of_state = 300;  // a state that is not stored may take effect late

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

}  // namespace

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

}  // namespace elbo::host::conformance
