// What [dataset] knows of the transforms of observation/transforms: the values of `observe` and the keys that each adds.
#pragma once
#include <string>
#include <vector>

#include <elbo/observation.hpp>
#include <elbo/options.hpp>

#include "base/images/pixels.hpp"

namespace elbo::host {

/// A value of `observe`, and the stored data of which a transform makes it.
struct Observe {
  std::string value;
  int position = 0;  // among the values
  std::vector<Support> stored{};
};

/// A transform without keys of its own. Those of another derive from it and redeclare what they add; their members are the keys.
struct TransformOptions {
  static std::vector<Observe> observes() { return {}; }
  template <class Config>
  static void describe(Options<Config>&) {}
};

}  // namespace elbo::host
