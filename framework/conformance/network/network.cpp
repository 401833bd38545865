#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "conformance/network/network.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
std::shared_ptr<Component> Network::make(const PluginChoice& choice, const Shape& x, int64_t latents,
                                         uint64_t seed) const {
  Context context;
  context.observation = {x, Support::real, 0};
  context.latent_dim = latents;
  context.rng = Rng(seed);
  auto network = create(choice, context);
  network->to_like(at::empty({}, at::kDouble));
  network->set_training(false);
  return network;
}

std::vector<Shape> Network::shapes(const PluginChoice& choice) const {
  const std::vector<std::vector<Shape>> sizes = {{{6}}, {{1, 4, 4}, {1, 28, 28}}, {{3, 4, 4}, {3, 32, 32}}};
  std::vector<Shape> accepted;
  std::string refusal;
  for (const auto& candidates : sizes)
    for (const Shape& x : candidates) {
      try {
        make(choice, x);
        accepted.push_back(x);
        break;
      } catch (const UserError& e) {
        if (refusal.empty()) refusal = e.what();
      }
    }
  if (accepted.empty()) throw Failure{refusal};
  return accepted;
}

NamedTensors Network::results(Component& network, const Tensor& input) const {
  return results(network, input, at::arange(input.size(0), at::kLong));
}

Tensor weighted_sum(const NamedTensors& results) {
  Tensor sum;
  for (const auto& [name, t] : results) {
    const Tensor weight = at::linspace(0.5, 1.5, t.numel(), t.options().requires_grad(false)).view(t.sizes());
    const Tensor part = (t * weight).sum();
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

void expect_directional_gradient(const Module& module, const NamedTensors& inputs, const std::function<Tensor()>& value,
                                 const std::string& what) {
  NamedTensors leaves = module.named_parameters();
  leaves.insert(leaves.end(), inputs.begin(), inputs.end());
  const double size = std::abs(number(value()));
  differentiate(value(), leaves);
  Rng rng = double_rng(21);
  for (const auto& [name, t] : leaves) {
    const bool is_single = t.scalar_type() == at::kFloat;
    const Tensor direction = rng.normal({1, 1, t.numel()}).view_as(t).to(t.scalar_type()), kept = t.detach().clone();
    const auto moved = [&](double by) {
      t.detach().add_(direction, by);
      const double result = number(value());
      t.detach().copy_(kept);
      return result;
    };
    const double along = t.grad().defined() ? number((t.grad() * direction).sum()) : 0,
                 length = t.grad().defined() ? number(t.grad().square().sum().sqrt()) : 0;
    // Where a function bends within a step, as a direction that is nearly 0, a narrower one tells; in float32, whose steps are never as
    // narrow, only two of them that agree.
    double difference = NAN;
    bool agrees = false, is_sure = !is_single;
    for (const double h : is_single ? std::vector{4e-3, 1e-3, 2.5e-4} : std::vector{1e-5, 1e-6}) {
      const double before = std::exchange(difference, (moved(h) - moved(-h)) / (2 * h)),
                   allowed = is_single ? 0.03 * std::max(length, std::abs(difference)) + 1e-6 * std::max(1., size) / h
                                       : 1e-5 * std::max(1., std::abs(difference));
      agrees = std::abs(along - difference) <= allowed;
      is_sure = is_sure || std::abs(difference - before) <= allowed;
      if (agrees || (is_single && is_sure)) break;
    }
    if (!agrees && is_sure)
      fail("the gradient of {} by {} along a random direction is {:.8g}; its central difference is {:.8g}", what, name,
           along, difference);
  }
}

void expect_directional_gradient_in_training(Module& module, const NamedTensors& inputs,
                                             const std::function<Tensor()>& value, const std::string& what) {
  module.set_training(true);
  if (number(value()) == number(value())) expect_directional_gradient(module, inputs, value, "in training " + what);
  module.set_training(false);
}

void expect_same_gradients(Module& exact, Module& single, const Tensor& input,
                           const std::function<Tensor(Module&, const Tensor& input)>& value, const std::string& what,
                           bool in_training) {
  const auto gradients = [&](Module& module, at::ScalarType dtype) {
    const Tensor own = input.detach().to(dtype, false, true).set_requires_grad(input.requires_grad());
    NamedTensors leaves = module.named_parameters();
    if (input.requires_grad()) leaves.emplace_back("the input", own);
    return gradients_of(value(module, own), leaves);
  };
  for (const bool training : {false, true}) {
    exact.set_training(training), single.set_training(training);
    const bool repeats = !training || (in_training && number(value(exact, input)) == number(value(exact, input)));
    if (repeats)
      expect_same_gradients_in_float32(gradients(single, at::kFloat), gradients(exact, at::kDouble),
                                       training ? what + " in training" : what);
  }
  exact.set_training(false), single.set_training(false);
}

void Reached::add(const Module& module, const Tensor& value) {
  differentiate(value, module.named_parameters());
  for (const auto& [name, t] : module.named_parameters()) {
    if (t.grad().defined() && !t.grad().isfinite().all().item<bool>())
      fail("the gradient of its parameter {} is not finite", name);
    if (t.grad().defined() && t.grad().ne(0).any().item<bool>()) reached_.push_back(name);
    else
      missing_.emplace_back(name, t.grad().defined()
                                      ? fmt::format("the gradient of its parameter {} is 0 in every place", name)
                                      : fmt::format("no gradient reaches its parameter {}", name));
  }
}

void Reached::expect_all() const {
  for (const auto& [name, sentence] : missing_)
    if (std::find(reached_.begin(), reached_.end(), name) == reached_.end())
      throw Failure{sentence + ", whatever the input"};
}

void expect_every_option(const PluginChoice& choice, const std::function<void(const PluginChoice&)>& use) {
  const auto trials = option_trials(choice);
  if (trials.empty()) skip("it has no options");
  for (const Trial& trial : trials) {
    PluginChoice other = choice;
    other.settings = trial.settings;
    try {
      use(other);
    } catch (const Failure& failure) {
      fail("with {} {}", trial.words, failure.sentence);
    } catch (const plugins::PluginFault& e) {
      fail("with {} it fails: {}", trial.words, e.what());
    } catch (const UserError&) {
      // It says that it cannot serve this choice together with the others: no failure.
    } catch (const std::exception& e) {
      fail("with {} it fails: {}", trial.words, e.what());
    }
  }
}

// Networks row by row: each on its own, many of them, each of their numbers, and numbers far out.

namespace {

/// Of one number, so that each row has the same noise.
Tensor one_id(int64_t rows) { return at::zeros({rows}, at::kLong); }

NamedTensors rows_of(const NamedTensors& results, int64_t first, int64_t last) {
  NamedTensors rows;
  for (const auto& [name, t] : results) rows.emplace_back(name, t.slice(0, first, last));
  return rows;
}

Tensor by_row(const Tensor& t) { return t.detach().reshape({t.size(0), -1}); }

bool changes_with(const Network& network, Component& made, const Tensor& input, int64_t column,
                  const NamedTensors& before) {
  for (const double by : {1., -1., 0.1, 10.}) {
    Tensor moved = input.detach().clone();
    by_row(moved).select(1, column).add_(by);
    const NamedTensors after = network.results(made, moved);
    for (size_t i = 0; i < after.size(); ++i)
      if (!after[i].second.equal(before[i].second)) return true;
  }
  return false;
}

/// Where the derivative of all results is 0 a step may still change them, as it does behind a threshold.
void expect_every_input_counts(const Network& network, Component& made, const Tensor& input) {
  const Tensor leaf = input.clone().requires_grad_();
  const NamedTensors results = network.results(made, leaf);
  differentiate(weighted_sum(results), {{"the input", leaf}});
  const Tensor gradient = leaf.grad().defined() ? by_row(leaf.grad()) : at::zeros_like(by_row(leaf));
  const Tensor still = gradient.eq(0).all(0);
  for (int64_t column = 0; column < still.numel(); ++column)
    if (still[column].item<bool>() && !changes_with(network, made, input, column, results))
      fail("for {} rows of shape {} {} has no influence on any result", input.size(0),
           to_string(input[0].sizes().vec()), network.input_words(column));
}

void expect_every_output_moves(const Network& network, Component& made, const Tensor& input) {
  const Tensor driven = by_row(network.results(made, input, one_id(input.size(0)))[network.driven()].second);
  if (const auto still = first_true((driven - driven[0]).abs().amax(0).le(1e-13 * driven.abs().amax(0))))
    fail("for {} rows of shape {} {} is {:.6g} whatever the input", input.size(0), to_string(input[0].sizes().vec()),
         network.output_words(*still), number(driven[0][*still]));
}

void expect_finite_everywhere(const Network& network, Component& made, const Tensor& input, const std::string& where) {
  const Tensor leaf = input.clone().requires_grad_();
  const NamedTensors results = network.results(made, leaf);
  for (const auto& [name, t] : results)
    if (const auto i = first_true(t.isfinite().logical_not()))
      fail("{}: {}: found {}; expected finite numbers", where, name, in_words(t.flatten()[*i]));
  NamedTensors leaves = made.named_parameters();
  leaves.emplace_back("the input", leaf);
  differentiate(weighted_sum(results), leaves);
  for (const auto& [name, t] : leaves)
    if (t.grad().defined() && !t.grad().isfinite().all().item<bool>())
      fail("{}: the gradient by {} is not finite", where, name);
}

/// The same numbers in another order of memory. A network may refuse them with an exception; it may not misread them.
void expect_order_does_not_matter(const Network& network, Component& made, const Tensor& input,
                                  const NamedTensors& expected) {
  NamedTensors found;
  try {
    found = network.results(made, input.transpose(0, 1).contiguous().transpose(0, 1));
  } catch (const std::exception&) {
    return;
  }
  expect_same(found, expected, 1e-10, "of a tensor that is not contiguous, against one that is,");
}

}  // namespace

void check_network_rows(const Network& network) {
  for (const Shape& x : network.shapes()) {
    const auto made = network.make(x, 3);
    const at::NoGradGuard no_gradients;
    const Tensor input = network.inputs(x, 3, 5), before = input.clone();
    const NamedTensors together = network.results(*made, input);
    for (int64_t b = 0; b < 5; ++b)
      expect_same(rows_of(together, b, b + 1),
                  network.results(*made, input.slice(0, b, b + 1), at::full({1}, b, at::kLong)), 1e-10,
                  fmt::format("for row {} among 5, not alone,", b));
    expect_order_does_not_matter(network, *made, input, together);
    const auto results = [&](const Tensor& own) { return network.results(*made, own); };
    const Tensor other = network.inputs(x, 3, 5, 2);
    expect_follows_changes(input, other, results, "a tensor");
    perturb(*made, 0.1, 3);
    const auto fresh = network.make(x, 3);
    set_state(*fresh, state_of(*made));
    expect_same(results(other), network.results(*fresh, other), 1e-10,
                "once its parameters have changed in place, against another object of the same state,");
    made->set_training(true);
    network.results(*made, input);
    if (!input.equal(before)) fail("it changes its input in place");
  }
}

void check_network_thousand_rows(const Network& network) {
  constexpr int64_t rows = thousand;
  const Shape x = network.shapes()[0];
  const auto made = network.make(x, 3);
  const at::NoGradGuard no_gradients;
  const Tensor input = network.inputs(x, 3, rows);
  const NamedTensors together = network.results(*made, input);
  for_each_piece_of_thousand([&](int64_t first, int64_t last) {
    expect_same(rows_of(together, first, last),
                network.results(*made, input.slice(0, first, last), at::arange(first, last, at::kLong)), 1e-10,
                fmt::format("for rows {} to {} among {}, not in a part of {},", first, last - 1, rows, last - first));
  });
}

void check_network_influence(const Network& network) {
  const auto check = [&](const Shape& x, int64_t latents) {
    const auto made = network.make(x, latents);
    perturb(*made, 0.1, 1);
    const Tensor input = network.inputs(x, latents, 32, 5, 2);
    expect_every_input_counts(network, *made, input);
    expect_every_output_moves(network, *made, input);
  };
  for (const Shape& x : network.shapes()) check(x, 3);
  for (const Shape& x : {Shape{7}, Shape{1, 5, 7}, Shape{3, 7, 5}}) {
    try {
      check(x, 4);
    } catch (const plugins::PluginFault&) {
      throw;
    } catch (const UserError&) {
      // It is not made for images as small, or of such sides.
    }
  }
}

void check_network_outliers(const Network& network, double farthest) {
  for (const Shape& x : network.shapes())
    for (const auto dtype : {at::kDouble, at::kFloat}) {
      const auto made = network.make(x);
      made->to_like(at::empty({}, dtype));
      const Tensor some = network.inputs(x, 2, 3).to(dtype);
      const auto look = [&](const Tensor& input, const std::string& at) {
        expect_finite_everywhere(network, *made, input,
                                 fmt::format("at inputs {} ({})", at, dtype == at::kFloat ? "float32" : "float64"));
      };
      for (const double far : {0., 1., 5., -5., 30., -30., farthest, -farthest})
        look(at::full_like(some, far), fmt::format("of {:g}", far));
      look(network.inputs(x, 2, 3, 7, farthest / 3).to(dtype), fmt::format("up to about {:g}", farthest));
    }
}

}  // namespace elbo::host::conformance
