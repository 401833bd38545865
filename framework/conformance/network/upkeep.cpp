// What a network owns: that it registers all of it, in training and in evaluation, and that a checkpoint holds all of it. And networks as
// parts of a process: beside others, with several threads, for a long time.
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "conformance/network/network.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t few_rows = 8;

std::vector<std::string> names_in_state(const Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, t] : state_of(module)) names.push_back(name);
  return names;
}

void expect_dtype(const NamedTensors& results, at::ScalarType dtype) {
  for (const auto& [name, t] : results)
    if (t.scalar_type() != dtype)
      fail(
          "{} of inputs and parameters in {} come in another precision; register each tensor with parameter(...) or "
          "buffer(...), which moves it",
          name, dtype == at::kFloat ? "float32" : "float64");
}

/// Passes as training makes them, for what they leave behind: running means, say.
void train_a_little(const Network& network, Component& made, const Shape& x) {
  made.set_training(true);
  for (uint64_t seed = 1; seed <= 3; ++seed)
    weighted_sum(network.results(made, network.inputs(x, 3, few_rows, seed))).backward();
  made.set_training(false);
}

/// For each option one choice that differs from the given one, where the plugin accepts it.
std::vector<Trial> other_choices(const PluginChoice& choice) {
  std::vector<Trial> others;
  Setting standing;
  for (Trial& trial : option_trials(choice)) {
    const Setting own = trial.settings.back();
    if (own.name != standing.name) standing = own;
    const bool is_done = !others.empty() && others.back().settings.back().name == own.name;
    if (!is_done && own.value != standing.value) others.push_back(std::move(trial));
  }
  return others;
}

void use(const Network& network, Component& made, const Shape& x, int64_t latents) {
  made.set_training(true);
  weighted_sum(network.results(made, network.inputs(x, latents, 6, 3))).backward();
  perturb(made, 0.5, 4);
  made.set_training(false);
  network.results(made, network.inputs(x, latents, 2, 5));
}

}  // namespace

void check_network_registered(const Network& network) {
  for (const Shape& x : network.shapes()) {
    const auto made = network.make(x, 3);
    const Tensor input = network.inputs(x, 3, few_rows);
    const auto before = names_in_state(*made);
    for (const bool training : {false, true}) {
      made->set_training(training);
      const NamedTensors results = network.results(*made, input);
      expect_dtype(results, at::kDouble);
      expect_all_registered(*made, weighted_sum(results));
    }
    made->set_training(false);
    if (const auto after = names_in_state(*made); after != before)
      fail(
          "it registers {} tensors before its first use and {} after it; expected all of them in its constructor, "
          "where the optimiser looks",
          before.size(), after.size());
    made->to_like(at::empty({}, at::kFloat));
    expect_dtype(network.results(*made, input.to(at::kFloat)), at::kFloat);
  }
}

void check_network_modes(const Network& network) {
  Reached reached;
  for (const Shape& x : network.shapes()) {
    const auto made = network.make(x, 3);
    perturb(*made, 0.01, 2);  // layers that begin at 0 cut the gradient of those before them
    made->set_training(true);
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      const NamedTensors results = network.results(*made, network.inputs(x, 3, few_rows, seed));
      for (const auto& [name, t] : results)
        if (const auto i = first_true(t.isfinite().logical_not()))
          fail("in training: {}: found {}; expected finite numbers", name, in_words(t.flatten()[*i]));
      reached.add(*made, weighted_sum(results));
    }
    made->set_training(false);
    const Tensor input = network.inputs(x, 3, few_rows, 5);
    const NamedTensors state = state_of(*made), first = network.results(*made, input);
    network.results(*made, network.inputs(x, 3, 3, 6));
    expect_same(network.results(*made, input), first, 0, "of the same input, once more in evaluation,");
    const NamedTensors after = state_of(*made);
    for (size_t i = 0; i < state.size(); ++i)
      if (!state[i].second.equal(after[i].second)) fail("evaluation changes its {}; only training may", state[i].first);
  }
  reached.expect_all();
}

void check_network_state(const Network& network) {
  for (const Shape& x : network.shapes()) {
    const auto first = network.make(x, 3), second = network.make(x, 3, 2);
    perturb(*first, 0.1, 1);
    train_a_little(network, *first, x);
    set_state(*second, state_of(*first));
    const Tensor input = network.inputs(x, 3, few_rows, 5);
    expect_same(network.results(*second, input), network.results(*first, input), 0,
                "of an object made from another seed, given the stored state of a trained one,");
  }
}

void check_network_side_by_side(const Network& network) {
  const std::vector<Shape> shapes = network.shapes();
  const auto made = network.make(shapes[0], 3);
  const Tensor input = network.inputs(shapes[0], 3, 4);
  const NamedTensors alone = network.results(*made, input);
  const auto expect_untouched = [&](const std::string& what) {
    expect_same(network.results(*made, input), alone, 0, "once another object " + what + " is in use");
  };
  for (const Shape& x : shapes)
    for (const int64_t latents : {2, 5}) {
      use(network, *network.make(x, latents, 2), x, latents);
      expect_untouched(fmt::format("for x of shape {} and L = {}", to_string(x), latents));
    }
  for (const Trial& trial : other_choices(network.choice())) {
    PluginChoice other = network.choice();
    other.settings = trial.settings;
    try {
      use(network, *network.make(other, shapes[0], 3, 2), shapes[0], 3);
    } catch (const UserError&) {
      continue;  // refused
    }
    expect_untouched("with " + trial.words);
  }
}

void check_network_threads(const Network& network) {
  const Shape x = network.shapes()[0];
  const auto made = network.make(x, 3);
  const at::NoGradGuard no_gradients;
  const Tensor input = network.inputs(x, 3, 1000);
  expect_same_on_two_threads([&] { return network.results(*made, input); });
}

void check_network_memory(const Network& network) {
  const Shape x = network.shapes()[0];
  const auto made = network.make(x);
  const Tensor input = network.inputs(x, 2, 2);
  for (const bool training : {false, true}) {
    made->set_training(training);
    const at::AutoGradMode gradients(training);
    expect_steady_memory([&] { network.results(*made, input); }, training ? 200 : 1000);
  }
}

}  // namespace elbo::host::conformance
