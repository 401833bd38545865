#include "conformance/network.hpp"

#include <cmath>

namespace elbo::conformance {

void expect_directional_gradient(const Module& module, const std::function<Tensor()>& value, const std::string& what) {
  constexpr double h = 1e-5;
  const NamedTensors parameters = module.named_parameters();
  for (const auto& [name, t] : parameters) t.mutable_grad() = Tensor();
  value().backward();
  Rng rng = double_rng(21);
  for (const auto& [name, t] : parameters) {
    const Tensor direction = rng.normal({1, 1, t.numel()}).view_as(t);
    const auto moved = [&](double by) {
      t.detach().add_(direction, by);
      const double result = number(value());
      t.detach().add_(direction, -by);
      return result;
    };
    const double difference = (moved(h) - moved(-h)) / (2 * h);
    const double along = t.grad().defined() ? number((t.grad() * direction).sum()) : 0;
    if (!(std::abs(along - difference) <= 1e-5 * std::max(1., std::abs(difference))))
      fail("the gradient of {} by {} along a random direction is {:.8g}; its central difference is {:.8g}", what, name,
           along, difference);
  }
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
    } catch (const std::exception& e) {
      fail("with {} it fails: {}", trial.words, e.what());
    }
  }
}

}  // namespace elbo::conformance
