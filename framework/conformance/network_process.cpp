// Networks as parts of a process: beside others, with several threads, for a long time.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <malloc.h>

#include "conformance/network.hpp"

namespace elbo::conformance {
namespace {

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

/// Bytes that are allocated now.
double in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

}  // namespace

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
  const NamedTensors with_one = network.results(*made, input);
  at::set_num_threads(2);
  try {
    for (int i = 0; i < 2; ++i)
      expect_same(network.results(*made, input), with_one, 1e-10, "with two threads, against one,");
  } catch (...) {
    at::set_num_threads(1);
    throw;
  }
  at::set_num_threads(1);
}

void check_network_memory(const Network& network) {
  constexpr int64_t first_calls = 50;
  constexpr double most = 64;  // bytes a call
  const Shape x = network.shapes()[0];
  const auto made = network.make(x);
  const Tensor input = network.inputs(x, 2, 2);
  for (const bool training : {false, true}) {
    made->set_training(training);
    const at::AutoGradMode gradients(training);
    const int64_t calls = training ? 200 : 1000;
    double before = 0;
    for (int64_t i = 0; i < first_calls + calls; ++i) {
      if (i == first_calls) before = in_use();
      network.results(*made, input);
    }
    const double each = (in_use() - before) / static_cast<double>(calls);
    if (each > most)
      fail("in {} each of {} calls keeps {:.0f} bytes; expected none", training ? "training" : "evaluation", calls,
           each);
  }
}

}  // namespace elbo::conformance
