// What a network owns: that it registers all of it, in training and in evaluation, and that a checkpoint holds all of it.
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <algorithm>
#include <set>

#include "conformance/network.hpp"

namespace elbo::conformance {
namespace {

constexpr int64_t few_rows = 8;

/// The tensors that a gradient of t would be added to.
std::vector<Tensor> gradient_leaves(const Tensor& t) {
  std::vector<Tensor> leaves;
  std::vector<torch::autograd::Node*> open;
  std::set<torch::autograd::Node*> seen;
  const auto visit = [&](const std::shared_ptr<torch::autograd::Node>& node) {
    if (node && seen.insert(node.get()).second) open.push_back(node.get());
  };
  if (t.requires_grad()) visit(torch::autograd::impl::gradient_edge(t).function);
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (const auto* leaf = dynamic_cast<torch::autograd::AccumulateGrad*>(node)) leaves.push_back(leaf->variable);
    for (const auto& edge : node->next_edges()) visit(edge.function);
  }
  return leaves;
}

void expect_leaves_are_registered(const Component& made, const Tensor& value) {
  const NamedTensors parameters = made.named_parameters();
  for (const Tensor& leaf : gradient_leaves(value))
    if (std::none_of(parameters.begin(), parameters.end(), [&](const auto& p) { return p.second.is_same(leaf); }))
      fail(
          "a tensor of shape {} that requires a gradient takes part and is not registered, so that nothing trains it "
          "or stores it; keep what "
          "parameter(...) returns",
          to_string(leaf.sizes().vec()));
}

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
      expect_leaves_are_registered(*made, weighted_sum(results));
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

}  // namespace elbo::conformance
