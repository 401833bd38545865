#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>
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
constexpr int64_t batch_rows = 5, batches = 100;
constexpr uint64_t steps_of_state = 300;  // a state that is not stored may take effect late
constexpr double most_errors = 6;         // standard errors; the seeds are fixed

/// What one step comes to.
struct Stepped {
  Tensor value;  // the weighted sum, with its graph
  ObjectiveValues values;
};

Stepped stepped(Objective& objective, const LinearGaussian& model, int64_t rows, double epoch, uint64_t seed) {
  const Rng rng(seed);
  const TrainingStep step = model.step(rows, epoch, rng);
  Stepped s;
  s.values = objective.values(model.pass(objective.sampling(), rows, rng), step);
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
  bool knows_one = false;
  for (const ObjectiveTerm& term : objective->terms(after_all_warmup)) {
    const auto exact = model.exact(term.name, objective->sampling());
    if (!exact) continue;
    knows_one = true;
    const at::NoGradGuard no_gradients;
    std::vector<Tensor> each;
    for (uint64_t i = 0; i < batches; ++i) {
      objective->prepare(model.step(objective_data, after_all_warmup, Rng(i)));
      each.push_back(
          stepped(*objective, model, objective_data, after_all_warmup, i).values.terms.at(term.name).value());
    }
    expect_estimate(estimate_of(each), exact->detach(), fmt::format("the mean of the term '{}'", term.name));
  }
  if (!knows_one) skip("it has no term named reconstruction, kl or elbo, of which the exact values are known");
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

/// Throws Failure where the mean of `value` over some batches lies above log p(x) by more than its error, for posteriors near and far from
/// the exact one.
void expect_below_evidence(const PluginChoice& choice, const std::string& what, int64_t some_batches,
                           const std::function<Tensor(Objective&, const LinearGaussian&, uint64_t)>& value) {
  const std::pair<double, double> posteriors[] = {{0, 0}, {0.7, -0.4}, {-1, 0.5}};
  for (const auto& [shift, log_width] : posteriors) {
    const LinearGaussian model(shift, log_width);
    const auto objective = make_objective(choice, model);
    const at::NoGradGuard no_gradients;
    std::vector<Tensor> each;
    for (int64_t i = 0; i < some_batches; ++i) each.push_back(value(*objective, model, static_cast<uint64_t>(i)));
    const auto [mean, error] = estimate_of(each);
    if (!(number(mean) <= model.evidence() + most_errors * number(error) + 1e-9))
      fail(
          "{} is {:.6g} on average with a standard error of {:.2g}, where log p(x) is {:.6g}; expected no more than "
          "that",
          what, number(mean), number(error), model.evidence());
  }
}

void check_bound(const PluginChoice& choice) {
  if (!make_objective(choice, LinearGaussian())->is_bound()) skip("it declares no bound");
  expect_below_evidence(choice, "the objective", batches,
                        [](Objective& objective, const LinearGaussian& model, uint64_t seed) {
                          return stepped(objective, model, objective_data, after_all_warmup, seed).value;
                        });
}

void check_tested(const PluginChoice& choice) {
  if (make_objective(choice, LinearGaussian())->sampling().latent == Latent::mean)
    skip("it samples no latents, so that what is tested is no bound");
  expect_below_evidence(choice, "what tested gives", batches,
                        [](Objective& objective, const LinearGaussian& model, uint64_t seed) {
                          return objective.tested(model.pass(objective.sampling(), objective_data, Rng(seed))).mean();
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

void check_objective_options(const PluginChoice& choice) {
  const LinearGaussian model;
  for (const Trial& trial : option_trials(choice)) {
    PluginChoice tried = choice;
    tried.settings = trial.settings;
    try {
      const auto objective = make_objective(tried, model);
      objective->prepare(model.step(batch_rows, 1, Rng(3)));
      const Stepped s = stepped(*objective, model, batch_rows, 1, 3);
      if (!s.value.isfinite().item<bool>()) fail("with {} it comes to {}", trial.words, in_words(s.value));
      const bool takes_long = objective->sampling().samples * objective->sampling().updates > 100;
      if (objective->is_bound() && !takes_long)
        expect_below_evidence(tried, "with " + trial.words + " the objective", batches / 4,
                              [](Objective& o, const LinearGaussian& m, uint64_t seed) {
                                return stepped(o, m, objective_data, after_all_warmup, seed).value;
                              });
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
