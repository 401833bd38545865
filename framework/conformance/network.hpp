// What the checks of encoders and decoders share: networks that may accept only some shapes of x.
#pragma once
#include "conformance/tools.hpp"

namespace elbo::conformance {

/// The shapes of x, the smallest first, for which make(shape) does not throw. Throws Failure with the reason when there
/// is none: a network may be made for images only, or for images of some size.
template <class Make>
std::vector<Shape> accepted_shapes(const Make& make) {
  std::vector<Shape> accepted;
  std::string refusal;
  for (const Shape& x : {Shape{6}, Shape{1, 4, 4}, Shape{1, 28, 28}, Shape{3, 32, 32}}) {
    if (!accepted.empty() && accepted.back().size() == x.size()) continue;
    try {
      make(x);
      accepted.push_back(x);
    } catch (const UserError& e) {
      refusal = e.what();
    }
  }
  if (accepted.empty()) throw Failure{refusal};
  return accepted;
}

/// The derivative of value() along a random direction in the space of all parameters against its central difference.
void expect_directional_gradient(const Module& module, const std::function<Tensor()>& value, const std::string& what);

/// make(choice) with each option in turn, then use(made). Throws Skip without options, Failure naming the option.
void expect_every_option(const PluginChoice& choice, const std::function<void(const PluginChoice&)>& use);

}  // namespace elbo::conformance
