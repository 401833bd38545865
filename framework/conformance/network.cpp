#include "conformance/network.hpp"

#include <algorithm>
#include <cmath>

#include "model/load_plugin.hpp"

namespace elbo::conformance {

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

void expect_same(const NamedTensors& found, const NamedTensors& expected, double tolerance, const std::string& when) {
  for (size_t i = 0; i < expected.size(); ++i)
    expect_close(found[i].second, expected[i].second, tolerance, found[i].first + " " + when);
}

void expect_directional_gradient(const Module& module, const NamedTensors& inputs, const std::function<Tensor()>& value,
                                 const std::string& what) {
  NamedTensors leaves = module.named_parameters();
  leaves.insert(leaves.end(), inputs.begin(), inputs.end());
  for (const auto& [name, t] : leaves) t.mutable_grad() = Tensor();
  value().backward();
  Rng rng = double_rng(21);
  for (const auto& [name, t] : leaves) {
    const Tensor direction = rng.normal({1, 1, t.numel()}).view_as(t);
    const auto moved = [&](double by) {
      t.detach().add_(direction, by);
      const double result = number(value());
      t.detach().add_(direction, -by);
      return result;
    };
    const double along = t.grad().defined() ? number((t.grad() * direction).sum()) : 0;
    double difference = 0;
    const auto agrees_at = [&](double h) {
      difference = (moved(h) - moved(-h)) / (2 * h);
      return std::abs(along - difference) <= 1e-5 * std::max(1., std::abs(difference));
    };
    // Where a function bends within the wider step, as a direction that is nearly 0, the narrower one tells.
    if (!agrees_at(1e-5) && !agrees_at(1e-6))
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

void Reached::add(const Module& module, const Tensor& value) {
  for (const auto& [name, t] : module.named_parameters()) t.mutable_grad() = Tensor();
  if (value.requires_grad()) value.backward();
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

}  // namespace elbo::conformance
